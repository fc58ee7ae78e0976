import styles from "./wordmark.module.css";

/** The product's name, with the highlighter that marks what a search found. */
export function Wordmark() {
	return (
		<span className={styles.wordmark}>
			C<span className={styles.marked}>oll</span>ections
		</span>
	);
}
