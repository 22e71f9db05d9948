/** The directory of the server, page by page, as it is searched. */

import { useInfiniteQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import { useSotto } from "../../app/session";

/** People on a page. */
export const PAGE = 50;
/** So long after the last key the server is asked. */
const PAUSE_MS = 250;

/** A value once it has stood still. */
export function useSettled(value: string): string {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => {
      setSettled(value);
    }, PAUSE_MS);
    return () => {
      clearTimeout(timer);
    };
  }, [value]);
  return settled;
}

/** The directory from `prefix` on; `showMore` goes on while there is `more`. */
export function useDirectory(prefix: string, enabled = true) {
  const sotto = useSotto();
  const query = useInfiniteQuery({
    queryKey: ["directory", prefix],
    queryFn: ({ pageParam }) =>
      sotto.people({ limit: PAGE, ...(prefix === "" ? {} : { prefix }), ...(pageParam === null ? {} : { after: pageParam }) }),
    initialPageParam: null as string | null,
    // A page may end early: only an empty one is the end.
    getNextPageParam: (last) => last.at(-1)?.username ?? null,
    // Presence of strangers is not told by events.
    staleTime: 30_000,
    placeholderData: (previous) => previous,
    enabled,
  });
  const { data, hasNextPage, isFetching, error, fetchNextPage } = query;
  const count = data?.pages.reduce((sum, page) => sum + page.length, 0) ?? 0;
  const [asked, setAsked] = useState({ prefix, count: PAGE });
  const enough = asked.prefix === prefix ? asked.count : PAGE;
  // What ended early goes on by itself, and so a short directory is known to be all there is.
  const goesOn = enabled && hasNextPage && !isFetching && error === null && count < enough;
  useEffect(() => {
    if (goesOn) void fetchNextPage();
  }, [goesOn, fetchNextPage]);
  const users = useMemo(() => data?.pages.flat() ?? [], [data]);
  const showMore = (): void => {
    setAsked({ prefix, count: count + PAGE });
  };
  return { query, users, more: hasNextPage && count >= enough, showMore };
}
