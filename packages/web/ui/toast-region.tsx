import { useSyncExternalStore } from "react";
import { useLanguage } from "#web/i18n/i18n.tsx";
import { IconButton } from "./button.tsx";
import { classes } from "./classes.ts";
import styles from "./toast-region.module.css";
import { dismiss, toastStore } from "./toasts.ts";

/** Shows toasts, and reads them out. */
export function ToastRegion() {
	const toasts = useSyncExternalStore(toastStore.subscribe, toastStore.snapshot);
	const { t } = useLanguage();
	return (
		<section className={styles.region} aria-label={t("toasts.label")} aria-live="polite">
			{toasts.map(({ id, text, tone, action }) => (
				<div key={id} className={classes(styles.toast, tone === "danger" && styles.danger)}>
					<span>{text}</span>
					{action && (
						<button
							type="button"
							className={styles.action}
							onClick={() => {
								dismiss(id);
								action.run();
							}}
						>
							{action.label}
						</button>
					)}
					<IconButton icon="close" label={t("action.close")} className={styles.close} onPress={() => dismiss(id)} />
				</div>
			))}
		</section>
	);
}
