import { Menu as BaseMenu } from "@base-ui/react/menu";
import type { ReactElement, ReactNode } from "react";
import "./Menu.css";

export type MenuItem = {
  label: string;
  /** Given where another item may have the same label. */
  id?: string;
  act: () => void;
  isDanger?: boolean;
  isDisabled?: boolean;
  /** Why the key's role may not; it is disabled then, and says so. */
  barred?: string | null;
};

type Props = {
  /** The button that opens it, and what that shows. */
  trigger: ReactElement;
  children: ReactNode;
  items: readonly MenuItem[];
  onOpen?: () => void;
};

/** A menu that a button opens. */
export function Menu({ trigger, children, items, onOpen }: Props) {
  return (
    <BaseMenu.Root onOpenChange={(isOpen) => isOpen && onOpen?.()}>
      <BaseMenu.Trigger render={trigger}>{children}</BaseMenu.Trigger>
      <BaseMenu.Portal>
        <BaseMenu.Positioner className="menu-place" align="end" sideOffset={4}>
          <BaseMenu.Popup className="menu">
            {items.map(
              ({ label, id = label, act, isDanger, isDisabled = false, barred = null }) => (
                <BaseMenu.Item
                  key={id}
                  className={isDanger ? "menu-item menu-danger" : "menu-item"}
                  disabled={isDisabled || barred !== null}
                  onClick={act}
                >
                  {label}
                  {barred !== null && <span className="menu-barred">{barred}</span>}
                </BaseMenu.Item>
              ),
            )}
          </BaseMenu.Popup>
        </BaseMenu.Positioner>
      </BaseMenu.Portal>
    </BaseMenu.Root>
  );
}
