/**
 * How much work of a project's programs may be done in place, in steps of roughly 50 ns. More work is done outside the
 * event loop, or later.
 */
export type StepBudget = {
  /** Takes the steps if that many are left; otherwise takes none. */
  spend(steps: number): boolean;
};

export function createStepBudget(steps: number): StepBudget {
  let left = steps;
  return {
    spend(wanted) {
      if (wanted > left) return false;
      left -= wanted;
      return true;
    },
  };
}
