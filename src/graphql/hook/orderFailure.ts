import { describedEnum } from "../builder/describedEnum.ts";

export const OrderFailureEnum = describedEnum(
  "OrderFailure",
  "What follows when a delivery of a hook with `orderBy` has used up its attempts.",
  {
    BLOCK:
      "It FAILED, and the deliveries of its key wait for a person: see `Hook.blockedKeys` and releaseBlockedKey.",
    PARK: "It is PARKED, and its key goes on. Released by retryDelivery or resumeHook, it is out of order.",
    SKIP: "It FAILED, and its key goes on.",
  },
);
