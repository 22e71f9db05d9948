/** The frame inside the session: destinations, up to three columns, and what lies over all of them. */

import { Suspense, useEffect, useRef, type ReactNode } from "react";
import { Link, Redirect, useLocation } from "wouter";
import { MessageCircle, Settings, UsersRound, type LucideIcon } from "lucide-react";
import { useQuery } from "@tanstack/react-query";
import {
  Avatar,
  Badge,
  cx,
  EmptyState,
  LinkButton,
  SkeletonRows,
  Spinner,
  Tooltip,
  useIsPhone,
  useIsWide,
  VisuallyHidden,
} from "../../ui";
import { ErrorBoundary } from "../errors";
import { CallOverlay, KeyChangeBanner, Notifier, placeOf, prefetchChat, type Place } from "../routes";
import { useMe, useSotto } from "../session";
import { ConnectionBanner, UnconfirmedBanner } from "./Banners";
import { Notices } from "./Notices";
import styles from "./Shell.module.css";

/** Everything that is shown while somebody is logged in. */
export function Shell() {
  const [path] = useLocation();
  const isPhone = useIsPhone();
  const isWide = useIsWide();
  const place = placeOf(path);
  useEffect(prefetchChat, []);
  const underneath = useRef<HTMLElement>(null);
  const covered = place?.details !== undefined && !isWide;
  useEffect(() => {
    if (underneath.current) underneath.current.inert = covered;
  }, [covered]);
  // Where what had the focus is gone with the last place, the keyboard goes on from the new one.
  const subject = place?.subject;
  useEffect(() => {
    if (document.activeElement === document.body) underneath.current?.focus({ preventScroll: true });
  }, [subject]);

  if (path === "/welcome" || path === "/unlock") return <Redirect to="/" replace />;
  if (!place) return <NotFound />;
  const showList = !isPhone || place.listFirst;
  const showMain = !isPhone || !place.listFirst;
  return (
    <div className={styles.shell}>
      <UnconfirmedBanner />
      <ConnectionBanner />
      <Guarded subject="keys" waiting={null} silent>
        <KeyChangeBanner />
      </Guarded>
      <Guarded subject="call" waiting={null} silent>
        <CallOverlay />
      </Guarded>
      <div className={styles.columns}>
        {(!isPhone || place.listFirst) && <Destinations section={place.section} isPhone={isPhone} />}
        {showList && (
          <Column
            as={isPhone ? "main" : "nav"}
            label={LABELS[place.section]}
            subject={place.section}
            className={styles.list}
            waiting={<Waiting />}
          >
            {place.list}
          </Column>
        )}
        {showMain && (
          <main ref={underneath} tabIndex={-1} className={cx(styles.main, styles.column)}>
            {/* The lists have the page's heading; on a phone, where there is no list beside it, a screen's own is the second. */}
            {isPhone && <VisuallyHidden as="h1">{LABELS[place.section]}</VisuallyHidden>}
            <Guarded subject={place.subject} waiting={<Turning />}>
              {place.main}
            </Guarded>
          </main>
        )}
        {place.details !== undefined && (
          <Column
            as="aside"
            label="Details"
            subject={`details ${place.subject}`}
            className={cx(styles.details, covered && styles.over)}
            waiting={<Turning />}
          >
            {place.details}
          </Column>
        )}
      </div>
      <Guarded subject="notifier" waiting={null} silent>
        <Notifier />
      </Guarded>
      <Notices />
    </div>
  );
}

const LABELS: Record<Place["section"], string> = { chats: "Chats", people: "People", settings: "Settings" };

function Guarded({ subject, waiting, silent, children }: { subject: string; waiting: ReactNode; silent?: boolean; children: ReactNode }) {
  return (
    <ErrorBoundary subject={subject} silent={silent ?? false}>
      <Suspense fallback={waiting}>{children}</Suspense>
    </ErrorBoundary>
  );
}

interface ColumnProps {
  readonly as: "nav" | "main" | "aside";
  readonly label: string;
  readonly subject: string;
  readonly className: string | undefined;
  readonly waiting: ReactNode;
  readonly children: ReactNode;
}

function Column({ as: As, label, subject, className, waiting, children }: ColumnProps) {
  return (
    <As aria-label={label} className={cx(styles.column, className)}>
      <Guarded subject={subject} waiting={waiting}>
        {children}
      </Guarded>
    </As>
  );
}

const Waiting = () => (
  <>
    <div className={styles.bar} />
    <SkeletonRows />
  </>
);

const Turning = () => (
  <div className={styles.turning}>
    <Spinner size="large" />
  </div>
);

const DESTINATIONS: readonly { section: Place["section"]; href: string; label: string; icon: LucideIcon }[] = [
  { section: "chats", href: "/", label: "Chats", icon: MessageCircle },
  { section: "people", href: "/people", label: "People", icon: UsersRound },
  { section: "settings", href: "/settings", label: "Settings", icon: Settings },
];

/** A rail at the left; on phones a bar at the foot. */
function Destinations({ section, isPhone }: { section: Place["section"]; isPhone: boolean }) {
  const sotto = useSotto();
  const me = useMe();
  const requests = useQuery({ queryKey: ["requests"], queryFn: () => sotto.friendRequests() }).data?.length ?? 0;
  return (
    <nav aria-label="Sections" className={isPhone ? styles.foot : styles.rail}>
      {!isPhone && (
        <span aria-hidden className={styles.mark}>
          S
        </span>
      )}
      {DESTINATIONS.map(({ section: each, href, label, icon: Icon }) => (
        <Link
          key={each}
          href={href}
          className={styles.destination}
          aria-current={each === section ? "page" : undefined}
          title={isPhone ? undefined : label}
        >
          <span className={styles.sign}>
            <Icon aria-hidden />
            {each === "people" && (
              <Badge
                count={requests}
                label={`${requests} friend ${requests === 1 ? "request" : "requests"}`}
                className={styles.count ?? ""}
              />
            )}
          </span>
          <span className={styles.destinationText}>{label}</span>
        </Link>
      ))}
      {!isPhone && (
        <Tooltip text={`You are ${sotto.username}`} placement="right">
          <LinkButton
            href="/settings/profile"
            aria-label="Your profile"
            className={styles.self ?? ""}
            icon={<Avatar name={sotto.username} picture={me.data?.profile_picture ?? null} size={32} />}
          />
        </Tooltip>
      )}
    </nav>
  );
}

function NotFound() {
  return (
    <main className={styles.shell}>
      <EmptyState
        heading
        title="There is nothing at this address"
        actions={
          <LinkButton href="/" variant="primary">
            Go to your chats
          </LinkButton>
        }
      />
    </main>
  );
}
