import type { ReactNode } from "react";
import { useLanguage } from "#web/i18n/i18n.tsx";
import { Button } from "./button.tsx";
import { classes } from "./classes.ts";
import { Icon, type IconName } from "./icon.tsx";
import styles from "./notice.module.css";

/** A page, or a part of one, that has nothing to show: why, and what to do next. */
export function Blank({ icon, title, children }: { icon: IconName; title: string; children?: ReactNode }) {
	return (
		<section className={styles.blank}>
			<span className={styles.sheet}>
				<Icon name={icon} size={28} />
			</span>
			<h2 className={styles.title}>{title}</h2>
			{children && <div className={styles.text}>{children}</div>}
		</section>
	);
}

/** Something that could not be loaded: the API's sentence, and another attempt. */
export function Failure({ error, onRetry }: { error: Error; onRetry?(): void }) {
	const { t } = useLanguage();
	return (
		<div role="alert">
			<Blank icon="alert" title={t("error.title")}>
				<p>{sentenceOf(error, t("error.network"))}</p>
				{onRetry && (
					<Button icon="retry" onPress={onRetry}>
						{t("action.retry")}
					</Button>
				)}
			</Blank>
		</div>
	);
}

/** The API's sentence; where the request did not reach it, that. */
export function sentenceOf(error: Error, network: string): string {
	return error instanceof TypeError ? network : error.message;
}

export function Banner({ tone = "plain", children }: { tone?: "plain" | "danger"; children: ReactNode }) {
	return (
		<p className={classes(styles.banner, styles[tone])} role={tone === "danger" ? "alert" : undefined}>
			<Icon name={tone === "danger" ? "alert" : "info"} size={18} />
			<span>{children}</span>
		</p>
	);
}

export function Loading({ label }: { label?: string }) {
	const { t } = useLanguage();
	return (
		<div className={styles.loading} role="status">
			<span className={styles.bar} aria-hidden="true" />
			<span className="visually-hidden">{label ?? t("state.loading")}</span>
		</div>
	);
}
