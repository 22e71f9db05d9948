/** The column of people: friends, requests, everybody else, blocks. And what stands beside it while nobody is chosen. */

import { UsersRound } from "lucide-react";
import { useState } from "react";
import { useLocation } from "wouter";
import { EmptyState, ScreenBar, Tabs } from "../../ui";
import { BlockedTab } from "./BlockedTab";
import { FindTab } from "./FindTab";
import { FriendsTab } from "./FriendsTab";
import { useRequestCount } from "./queries";
import { RequestsTab } from "./RequestsTab";

const TABS = ["friends", "requests", "find", "blocked"] as const;
type TabId = (typeof TABS)[number];
const tabOf = (text: string | null): TabId | null => TABS.find((tab) => tab === text) ?? null;

/** `tab`: the one of the address, or null to stay where one is; `selected`: whose profile is open. */
export function PeopleScreen({ tab, selected }: { tab: string | null; selected: string | null }) {
  const [, navigate] = useLocation();
  const asked = tabOf(tab);
  const [last, setLast] = useState<TabId>(asked ?? "friends");
  if (asked !== null && asked !== last) setLast(asked);
  const requests = useRequestCount();
  return (
    <>
      <ScreenBar title="People" level={1} />
      <Tabs
        label="People"
        selected={asked ?? last}
        onSelect={(id) => {
          setLast(id);
          navigate(`/people/${id}`);
        }}
        tabs={[
          { id: "friends", label: "Friends", content: <FriendsTab selected={selected} /> },
          { id: "requests", label: "Requests", count: requests, content: <RequestsTab selected={selected} /> },
          { id: "find", label: "Find", content: <FindTab selected={selected} /> },
          { id: "blocked", label: "Blocked", content: <BlockedTab selected={selected} /> },
        ]}
      />
    </>
  );
}

/** Beside the list, while nobody is chosen. */
export function NobodyOpen() {
  return (
    <EmptyState icon={<UsersRound />} title="Choose somebody">
      Their profile opens here: what they say about themselves, and how to make sure that it is really them.
    </EmptyState>
  );
}
