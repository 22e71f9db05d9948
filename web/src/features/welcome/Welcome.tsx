/** Everything before the log-in, by path. */

import { Redirect, useLocation } from "wouter";
import { useSession } from "../../app/session";
import { Login } from "./Login";
import { Register } from "./Register";
import { Start } from "./Start";
import { Unlock } from "./Unlock";
import { Unusable } from "./Unusable";

/** `/welcome`, `/register`, `/login`, `/unlock`. */
export function Welcome() {
  const session = useSession();
  const [path] = useLocation();
  if (session.phase === "unusable") return <Unusable why={session.why} sentence={session.sentence} />;
  if (path === "/register") return <Register />;
  if (path === "/login") return <Login />;
  if (path === "/unlock")
    return session.phase === "locked" ? (
      <Unlock key={session.account.username} account={session.account} />
    ) : (
      <Redirect to="/welcome" replace />
    );
  return <Start />;
}
