/** Saving a part of one's own profile. */

import type { ProfileChange, protocol } from "@sotto/sdk";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useSotto } from "../../app/session";

/** One of these for each part that is saved by itself, so that each says how it went. */
export function useSetProfile() {
  const sotto = useSotto();
  const client = useQueryClient();
  return useMutation({
    mutationFn: (change: ProfileChange) => sotto.setProfile(change),
    onSuccess: (_nothing, change) => {
      client.setQueryData<protocol.FullUser>(
        ["me"],
        (me) =>
          me && {
            ...me,
            ...(change.biography === undefined ? {} : { biography: change.biography }),
            ...(change.status === undefined ? {} : { status: change.status }),
            ...(change.profilePicture === undefined ? {} : { profile_picture: change.profilePicture }),
          },
      );
    },
    onSettled: () =>
      Promise.all([client.invalidateQueries({ queryKey: ["me"] }), client.invalidateQueries({ queryKey: ["person", sotto.username] })]),
  });
}
