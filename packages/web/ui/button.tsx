import { Button as AriaButton, type ButtonProps as AriaButtonProps } from "react-aria-components";
import styles from "./button.module.css";
import { classes } from "./classes.ts";
import { Icon, type IconName } from "./icon.tsx";

export type ButtonLook = "primary" | "secondary" | "quiet" | "danger";

export interface ButtonProps extends Omit<AriaButtonProps, "children" | "className"> {
	look?: ButtonLook;
	icon?: IconName;
	wide?: boolean;
	className?: string;
	children?: React.ReactNode;
}

/** The class of a button's look, for links that look like one. */
export const buttonClass = (look: ButtonLook = "secondary", extra?: string) =>
	classes(styles.button, styles[look], extra);

/** @param isPending shows that the work is under way, and takes no press meanwhile; the page says what becomes of it */
export function Button({ look = "secondary", icon, wide, className, children, isPending, ...props }: ButtonProps) {
	return (
		<AriaButton
			{...props}
			isDisabled={props.isDisabled || isPending}
			className={classes(styles.button, styles[look], wide && styles.wide, className)}
		>
			{isPending ? <span className={styles.spinner} aria-hidden="true" /> : icon && <Icon name={icon} />}
			{children}
		</AriaButton>
	);
}

/** A button that shows an icon alone; its label is read out, and shown while it is pointed at. */
export function IconButton({
	label,
	icon,
	look = "quiet",
	className,
	filled,
	isPending,
	...props
}: Omit<ButtonProps, "children"> & { label: string; icon: IconName; filled?: boolean }) {
	return (
		<AriaButton
			{...props}
			isDisabled={props.isDisabled || isPending}
			aria-label={label}
			className={classes(styles.button, styles[look], styles.icon, styles.hinted, className)}
		>
			<Icon name={icon} filled={filled} />
		</AriaButton>
	);
}
