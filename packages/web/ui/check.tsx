import type { ReactNode } from "react";
import { Checkbox, type CheckboxProps } from "react-aria-components";
import styles from "./check.module.css";
import { Icon } from "./icon.tsx";

interface CheckProps extends Omit<CheckboxProps, "children" | "className"> {
	children: ReactNode;
	hint?: ReactNode;
}

/** Something that is on or off, with a sentence about it. */
export function Check({ children, hint, ...props }: CheckProps) {
	return (
		<Checkbox {...props} className={styles.check}>
			<span className={styles.box}>
				<Icon name="check" size={14} />
			</span>
			<span className={styles.text}>
				{children}
				{hint && <span className={styles.hint}>{hint}</span>}
			</span>
		</Checkbox>
	);
}
