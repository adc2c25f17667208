// A question that must be answered before anything else: asked before what cannot be undone.
import { AlertDialog } from "@base-ui/react/alert-dialog";
import type { JSX, ReactElement } from "react";

import { words } from "../words.ts";
import { buttonClass } from "./button.tsx";

interface ConfirmProps {
  readonly trigger: ReactElement;
  readonly title: string;
  readonly detail: string;
  readonly confirm: string;
  /** Contract: called once for each time a person agrees. */
  readonly onConfirm: () => void;
}

export function Confirm({ trigger, title, detail, confirm, onConfirm }: ConfirmProps): JSX.Element {
  return (
    <AlertDialog.Root>
      <AlertDialog.Trigger render={trigger} />
      <AlertDialog.Portal>
        <AlertDialog.Backdrop className="fixed inset-0 bg-black/35 transition-opacity data-[ending-style]:opacity-0 data-[starting-style]:opacity-0" />
        <AlertDialog.Popup className="fixed top-1/2 left-1/2 flex w-[min(26rem,calc(100vw-2rem))] -translate-x-1/2 -translate-y-1/2 flex-col gap-3 rounded-xl border border-line bg-raised p-5 shadow-float transition-opacity data-[ending-style]:opacity-0 data-[starting-style]:opacity-0">
          <AlertDialog.Title className="font-semibold">{title}</AlertDialog.Title>
          <AlertDialog.Description className="text-small text-ink-soft">
            {detail}
          </AlertDialog.Description>
          <div className="mt-2 flex justify-end gap-2">
            <AlertDialog.Close className={buttonClass("quiet")}>{words.cancel}</AlertDialog.Close>
            <AlertDialog.Close className={buttonClass("danger")} onClick={onConfirm}>
              {confirm}
            </AlertDialog.Close>
          </div>
        </AlertDialog.Popup>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  );
}
