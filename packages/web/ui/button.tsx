import type { ComponentProps } from "react";
import styles from "./button.module.css";
import { classes } from "./classes.ts";
import { Icon, type IconName } from "./icon.tsx";

export type ButtonLook = "primary" | "secondary" | "quiet" | "danger";

/** A native button: a library's weighs more than a whole page, before the first search. */
export interface ButtonProps extends Omit<ComponentProps<"button">, "children" | "className" | "onClick" | "disabled"> {
	onPress?: (() => void) | undefined;
	isDisabled?: boolean | undefined;
	/** Shows that the work is under way, and takes no press meanwhile; the page says what becomes of it. */
	isPending?: boolean | undefined;
	look?: ButtonLook;
	icon?: IconName;
	wide?: boolean;
	className?: string;
	children?: React.ReactNode;
}

/** The class of a button's look, for links that look like one. */
export const buttonClass = (look: ButtonLook = "secondary", extra?: string) =>
	classes(styles.button, styles[look], extra);

export function Button({ look = "secondary", icon, wide, className, children, ...props }: ButtonProps) {
	return (
		<button {...native(props)} className={classes(styles.button, styles[look], wide && styles.wide, className)}>
			{props.isPending ? <span className={styles.spinner} aria-hidden="true" /> : icon && <Icon name={icon} />}
			{children}
		</button>
	);
}

/** A button that shows an icon alone; its label is read out, and shown while it is pointed at. */
export function IconButton({
	label,
	icon,
	look = "quiet",
	className,
	filled,
	...props
}: Omit<ButtonProps, "children"> & { label: string; icon: IconName; filled?: boolean }) {
	return (
		<button
			{...native(props)}
			aria-label={label}
			className={classes(styles.button, styles[look], styles.icon, styles.hinted, className)}
		>
			<Icon name={icon} filled={filled} />
		</button>
	);
}

function native({ onPress, isDisabled, isPending, type = "button", ...props }: ButtonProps): ComponentProps<"button"> {
	return { ...props, type, onClick: onPress && (() => onPress()), disabled: isDisabled || isPending };
}

interface ToggleProps {
	isOn: boolean;
	onChange(isOn: boolean): void;
	className?: string | undefined;
	children: React.ReactNode;
}

/** A button that stays pressed. */
export function Toggle({ isOn, onChange, className, children }: ToggleProps) {
	return (
		<button type="button" aria-pressed={isOn} className={className} onClick={() => onChange(!isOn)}>
			{children}
		</button>
	);
}
