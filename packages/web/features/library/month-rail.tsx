import { useLanguage } from "#web/i18n/i18n.tsx";
import { classes } from "#web/ui/classes.ts";
import type { Section } from "./grid-layout.ts";
import styles from "./month-rail.module.css";

interface MonthRailProps {
	sections: readonly Section[];
	/** The first item on the screen. */
	shown: number;
	onJump(index: number): void;
}

/** A rail of months at the edge of a long list: one press goes there. */
export function MonthRail({ sections, shown, onJump }: MonthRailProps) {
	const { t } = useLanguage();
	const starts: number[] = [];
	let start = 0;
	for (const { count } of sections) {
		starts.push(start);
		start += count;
	}
	const current = starts.findLastIndex((from) => from <= shown);
	return (
		<nav className={styles.rail} aria-label={t("library.months")}>
			<ol>
				{sections.map(({ title, count }, at) => (
					<li key={title} className={styles.stop} style={{ flexGrow: Math.sqrt(count) }}>
						<button
							type="button"
							className={classes(styles.month, at === current && styles.current)}
							aria-current={at === current || undefined}
							onClick={() => onJump(starts[at] ?? 0)}
						>
							<span>{title}</span>
						</button>
					</li>
				))}
			</ol>
		</nav>
	);
}
