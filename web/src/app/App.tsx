/** The whole client: before the log-in the ways in, after it the shell. */

import { Suspense, useEffect } from "react";
import { I18nProvider } from "react-aria-components/I18nProvider";
import { Redirect, Router, useLocation } from "wouter";
import { ConfirmRegion, LiveRegion, ToastRegion } from "../ui";
import { ErrorBoundary } from "./errors";
import { Welcome } from "./routes";
import { SessionProvider, startSession, useSession } from "./session";
import { Shell } from "./shell/Shell";
import { Splash } from "./shell/Splash";
import { UpdatePrompt } from "./shell/UpdatePrompt";

const OUTSIDE: readonly string[] = ["/welcome", "/register", "/login", "/unlock"];

function Inside() {
  const session = useSession();
  const [path, navigate] = useLocation();
  // A page of the ways in that is loaded again leads inside where somebody is in already; from inside, the same pages add an account.
  useEffect(() => void startSession(() => OUTSIDE.includes(location.pathname) && navigate("/", { replace: true })), [navigate]);

  if (session.phase === "starting") return <Splash />;
  // While in, `/register` and `/login` add another account.
  if (session.phase === "in" && path !== "/register" && path !== "/login") {
    return (
      <SessionProvider key={session.account.username} sotto={session.sotto}>
        <Shell />
      </SessionProvider>
    );
  }
  if (!OUTSIDE.includes(path)) return <Redirect to={session.phase === "locked" ? "/unlock" : "/welcome"} replace />;
  return (
    <ErrorBoundary subject={path}>
      <Suspense fallback={<Splash />}>
        <Welcome />
      </Suspense>
    </ErrorBoundary>
  );
}

/** The root. Its sentences are English wherever it runs; times and numbers follow the browser. */
export function App() {
  return (
    <I18nProvider locale="en-GB">
      <Router>
        <Inside />
      </Router>
      <ToastRegion />
      <ConfirmRegion />
      <LiveRegion />
      <UpdatePrompt />
    </I18nProvider>
  );
}
