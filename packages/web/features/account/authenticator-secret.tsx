import encodeQr from "qr";
import { useMemo } from "react";
import { useLanguage } from "#web/i18n/i18n.tsx";
import styles from "./authenticator-secret.module.css";
import { otpauthUrl } from "./second-factor.ts";

/** White around the code, in its modules: readers need it. */
const quiet = 4;

/** An app's secret, to be scanned, opened on the same device, or typed. */
export function AuthenticatorSecret({ email, secret }: { email: string; secret: string }) {
	const { t } = useLanguage();
	const url = otpauthUrl(email, secret);
	const rows = useMemo(() => encodeQr(url, "raw", { border: quiet }), [url]);
	return (
		<div className={styles.secret}>
			<svg className={styles.code} viewBox={`0 0 ${rows.length} ${rows.length}`} role="img" aria-label={t("totp.scan")}>
				<path d={rows.flatMap((row, y) => row.map((isDark, x) => (isDark ? `M${x} ${y}h1v1h-1z` : ""))).join("")} />
			</svg>
			<div className={styles.words}>
				<p>{t("totp.lead")}</p>
				<p>
					<a href={url}>{t("totp.open")}</a>
				</p>
				<p className={styles.label}>{t("totp.secret")}</p>
				<code className={styles.text}>{secret.replace(/.{4}(?=.)/g, "$& ")}</code>
			</div>
		</div>
	);
}
