export const stepMethods = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const;
export type StepMethod = (typeof stepMethods)[number];
