// Form fields: a label that is always there, help below it, and an error that a screen reader hears.
import { useId, type ComponentProps, type JSX, type ReactNode } from "react";

import { Icon } from "./icon.tsx";

interface FieldProps {
  readonly label: string;
  readonly help?: ReactNode;
  readonly error?: string | undefined;
  /** Contract: spreads the given attributes on the one control of the field. */
  readonly children: (control: {
    id: string;
    "aria-describedby": string | undefined;
    "aria-invalid": boolean;
  }) => ReactNode;
}

export function Field({ label, help, error, children }: FieldProps): JSX.Element {
  const id = useId();
  const noteId = `${id}-note`;
  const noted = error !== undefined || help !== undefined;
  return (
    <div className="flex flex-col gap-1.5">
      <label htmlFor={id} className="text-small font-medium">
        {label}
      </label>
      {children({
        id,
        "aria-describedby": noted ? noteId : undefined,
        "aria-invalid": error !== undefined,
      })}
      {noted && (
        <p id={noteId} className={`text-small ${error ? "text-danger" : "text-ink-soft"}`}>
          {error ?? help}
        </p>
      )}
    </div>
  );
}

type TextFieldProps = Omit<ComponentProps<"input">, "className"> &
  Pick<FieldProps, "label" | "help" | "error">;

export function TextField({ label, help, error, ...rest }: TextFieldProps): JSX.Element {
  return (
    <Field label={label} help={help} error={error}>
      {(control) => <input className="control" {...rest} {...control} />}
    </Field>
  );
}

/** What went wrong with a whole form or page, said aloud when it appears. */
export function ProblemNote({ children }: { children: ReactNode }): JSX.Element {
  return (
    <p
      role="alert"
      className="flex items-start gap-2 rounded-md bg-danger-soft px-3 py-2 text-small text-danger"
    >
      <span className="mt-px">
        <Icon name="alert" size={16} />
      </span>
      <span className="min-w-0 [overflow-wrap:anywhere]">{children}</span>
    </p>
  );
}
