import { Outlet } from "@tanstack/react-router";
import { config } from "#web/app/config.ts";
import { useLanguage } from "#web/i18n/i18n.tsx";
import { Wordmark } from "#web/ui/wordmark.tsx";
import styles from "./account.module.css";

/** The frame of the pages before the sign-in: the form, and beside it what the product does. */
export function AccountPage() {
	const { t } = useLanguage();
	const { environment } = config();
	return (
		<div className={styles.page}>
			<main className={styles.side}>
				<div className={styles.brand}>
					<Wordmark />
					{environment !== "prod" && <span className={styles.environment}>{environment}</span>}
				</div>
				<Outlet />
			</main>
			<aside className={styles.show} aria-hidden="true">
				<div className={styles.pass}>
					<p className={styles.query}>
						<span>{t("account.show.query")}</span>
					</p>
					<div className={styles.ticket}>
						<p className={styles.small}>BOARDING PASS</p>
						<p className={styles.route}>
							TXL <span>→</span> <mark>LIS</mark>
						</p>
						<dl className={styles.facts}>
							<div>
								<dt>FLIGHT</dt>
								<dd>TP 535</dd>
							</div>
							<div>
								<dt>GATE</dt>
								<dd>
									<mark>B22</mark>
								</dd>
							</div>
							<div>
								<dt>SEAT</dt>
								<dd>14A</dd>
							</div>
						</dl>
						<div className={styles.bars} />
					</div>
					<p className={styles.answer}>
						{t("account.show.answer")} <span className={styles.cite}>1</span>
					</p>
				</div>
			</aside>
		</div>
	);
}
