import { useCallback, useMemo } from "react";
import { useSearchParams } from "wouter";

type AddressFilter<Filter> = {
  address: string;
  filter: Filter;
  change: (changes: Partial<Filter>) => void;
};

/**
 * The filter of a page, which is part of its address. A change of it is no new entry of the history, and leaves alone
 * what else the address says.
 */
export function useAddressFilter<Filter extends Record<string, string>>(
  filterOf: (params: URLSearchParams) => Filter,
): AddressFilter<Filter> {
  const [params, setParams] = useSearchParams();
  const address = params.toString();
  const filter = useMemo(() => filterOf(new URLSearchParams(address)), [address, filterOf]);
  const change = useCallback(
    (changes: Partial<Filter>) =>
      setParams(
        (before) => {
          const all = new URLSearchParams(before);
          for (const [name, value] of Object.entries<string>({ ...filterOf(before), ...changes })) {
            if (value === "") all.delete(name);
            else all.set(name, value);
          }
          return all;
        },
        { replace: true },
      ),
    [setParams, filterOf],
  );
  return { address, filter, change };
}
