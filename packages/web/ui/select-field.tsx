import { type SelectHTMLAttributes, useId } from "react";
import styles from "./field.module.css";
import { Icon } from "./icon.tsx";
import select from "./select-field.module.css";

interface SelectFieldProps extends SelectHTMLAttributes<HTMLSelectElement> {
	label: string;
	/** Values with their texts. */
	options: readonly (readonly [string, string])[];
}

/** One of several values, by the device's own list: on phones that is the one that fingers know. */
export function SelectField({ label, options, ...props }: SelectFieldProps) {
	const id = useId();
	return (
		<div className={styles.field}>
			<label className={styles.label} htmlFor={id}>
				{label}
			</label>
			<div className={styles.box}>
				<select {...props} id={id} className={select.select}>
					{options.map(([value, text]) => (
						<option key={value} value={value}>
							{text}
						</option>
					))}
				</select>
				<span className={select.arrow}>
					<Icon name="down" size={16} />
				</span>
			</div>
		</div>
	);
}
