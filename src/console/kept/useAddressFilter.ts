import { useCallback, useMemo } from "react";
import { useSearchParams } from "wouter";

type AddressFilter<Filter> = {
  address: string;
  filter: Filter;
  change: (changes: Partial<Filter>) => void;
};

/** The filter of a page, which is part of its address. A change of it is no new entry of the history. */
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
          const all = Object.entries<string>({ ...filterOf(before), ...changes });
          return new URLSearchParams(all.filter(([, value]) => value !== ""));
        },
        { replace: true },
      ),
    [setParams, filterOf],
  );
  return { address, filter, change };
}
