import { type ReactNode, useState } from "react";
import {
	FieldError,
	Input,
	Label,
	Text,
	TextArea,
	TextField,
	type TextFieldProps,
	ToggleButton,
} from "react-aria-components";
import { useLanguage } from "#web/i18n/i18n.tsx";
import { classes } from "./classes.ts";
import styles from "./field.module.css";

export interface FieldProps extends Omit<TextFieldProps, "children" | "className"> {
	label: string;
	hint?: ReactNode;
	/** The sentence that says why the value was refused. */
	error?: string | null;
	placeholder?: string;
	rows?: number;
	className?: string;
	inputClassName?: string;
}

/** A text with its label, its hint, and the reason why it was refused. */
export function Field({ label, hint, error, placeholder, rows, className, inputClassName, ...props }: FieldProps) {
	const [isShown, setShown] = useState(false);
	const { t } = useLanguage();
	const isPassword = props.type === "password";
	return (
		<TextField
			{...props}
			type={isPassword && isShown ? "text" : props.type}
			isInvalid={Boolean(error) || undefined}
			className={classes(styles.field, className)}
		>
			<Label className={styles.label}>{label}</Label>
			<div className={styles.box}>
				{rows ? (
					<TextArea className={classes(styles.input, inputClassName)} rows={rows} placeholder={placeholder} />
				) : (
					<Input className={classes(styles.input, inputClassName)} placeholder={placeholder} />
				)}
				{isPassword && (
					<ToggleButton className={styles.reveal} isSelected={isShown} onChange={setShown}>
						{isShown ? t("field.hide") : t("field.show")}
					</ToggleButton>
				)}
			</div>
			{hint && !error && (
				<Text slot="description" className={styles.hint}>
					{hint}
				</Text>
			)}
			<FieldError className={styles.error}>{error || undefined}</FieldError>
		</TextField>
	);
}
