import { type ChangeEvent, type FormEvent, type KeyboardEvent, type ReactNode, useId, useState } from "react";
import { useLanguage } from "#web/i18n/i18n.tsx";
import { Toggle } from "./button.tsx";
import { classes } from "./classes.ts";
import styles from "./field.module.css";

type Control = HTMLInputElement | HTMLTextAreaElement;

/** A native field: a library's weighs more than a whole page, before the first search. */
export interface FieldProps {
	label: string;
	hint?: ReactNode;
	/** The sentence that says why the value was refused. */
	error?: string | null;
	name?: string;
	value?: string;
	defaultValue?: string;
	onChange?(value: string): void;
	onKeyDown?(event: KeyboardEvent): void;
	type?: "text" | "email" | "password" | "search" | "url";
	inputMode?: "numeric";
	autoComplete?: string;
	/** A regular expression that the whole value must match. */
	pattern?: string;
	maxLength?: number;
	placeholder?: string;
	/** More than one line, so many at first. */
	rows?: number;
	isRequired?: boolean;
	isReadOnly?: boolean;
	autoFocus?: boolean;
	className?: string;
	inputClassName?: string;
}

/** A text with its label, its hint, and the reason why it was refused. */
export function Field({ label, hint, error, className, inputClassName, ...props }: FieldProps) {
	const { t } = useLanguage();
	const id = useId();
	const [isShown, setShown] = useState(false);
	const [fault, setFault] = useState("");
	const refusal = error || fault;
	const { type, pattern, inputMode, rows, isRequired, isReadOnly, onChange, ...others } = props;
	const isPassword = type === "password";
	const shared = {
		...others,
		id,
		required: isRequired,
		readOnly: isReadOnly,
		className: classes(styles.input, inputClassName),
		"aria-invalid": refusal ? true : undefined,
		"aria-describedby": refusal || hint ? `${id}-note` : undefined,
		onChange({ target }: ChangeEvent<Control>) {
			setFault("");
			onChange?.(target.value);
		},
		// The browser's sentence, in the place of ours instead of a bubble.
		onInvalid(event: FormEvent<Control>) {
			event.preventDefault();
			const { currentTarget: control } = event;
			setFault(control.validationMessage);
			if (control.form?.querySelector("input:invalid, textarea:invalid") === control) control.focus();
		},
	};
	return (
		<div className={classes(styles.field, className)}>
			<label className={styles.label} htmlFor={id}>
				{label}
			</label>
			<div className={styles.box}>
				{rows ? (
					<textarea {...shared} rows={rows} />
				) : (
					<input {...shared} type={isPassword && isShown ? "text" : type} pattern={pattern} inputMode={inputMode} />
				)}
				{isPassword && (
					<Toggle className={styles.reveal} isOn={isShown} onChange={setShown}>
						{isShown ? t("field.hide") : t("field.show")}
					</Toggle>
				)}
			</div>
			{(refusal || hint) && (
				<span id={`${id}-note`} className={refusal ? styles.error : styles.hint}>
					{refusal || hint}
				</span>
			)}
		</div>
	);
}
