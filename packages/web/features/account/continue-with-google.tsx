import { useState } from "react";
import { config } from "#web/app/config.ts";
import { useLanguage } from "#web/i18n/i18n.tsx";
import { Button } from "#web/ui/button.tsx";
import { toast } from "#web/ui/toasts.ts";
import styles from "./account.module.css";

/** Signs in with a Google account, where the environment offers it. @param to where the person was before */
export function ContinueWithGoogle({ to }: { to?: string | undefined }) {
	const { t } = useLanguage();
	const [isLeaving, setLeaving] = useState(false);
	if (!config().google) return null;
	return (
		<div className={styles.instead}>
			<p className={styles.or}>{t("account.or")}</p>
			<Button
				wide
				isPending={isLeaving}
				className={styles.google}
				onPress={async () => {
					setLeaving(true);
					try {
						const { goToGoogle } = await import("./google.ts");
						await goToGoogle(to);
					} catch {
						toast(t("error.network"), { tone: "danger" });
					} finally {
						// Whoever comes back by the browser's button finds the page as it is now.
						setLeaving(false);
					}
				}}
			>
				{!isLeaving && <GoogleMark />}
				{t("account.google")}
			</Button>
		</div>
	);
}

/** Google's mark in its own colours, which its guidelines ask for. */
function GoogleMark() {
	return (
		<svg width="18" height="18" viewBox="0 0 18 18" aria-hidden="true">
			<path
				fill="#4285f4"
				d="M17.64 9.2c0-.64-.06-1.25-.16-1.84H9v3.48h4.84a4.14 4.14 0 0 1-1.8 2.72v2.26h2.92a8.78 8.78 0 0 0 2.68-6.62z"
			/>
			<path
				fill="#34a853"
				d="M9 18a8.6 8.6 0 0 0 5.96-2.18l-2.92-2.26a5.4 5.4 0 0 1-8.07-2.85H.96v2.33A9 9 0 0 0 9 18z"
			/>
			<path fill="#fbbc05" d="M3.97 10.71a5.4 5.4 0 0 1 0-3.42V4.96H.96a9 9 0 0 0 0 8.08l3.01-2.33z" />
			<path
				fill="#ea4335"
				d="M9 3.58c1.32 0 2.5.45 3.44 1.35l2.58-2.59A8.98 8.98 0 0 0 .96 4.96l3.01 2.33A5.36 5.36 0 0 1 9 3.58z"
			/>
		</svg>
	);
}
