import type { Schemas } from "#web/app/api.ts";
import { useLanguage } from "#web/i18n/i18n.tsx";
import { formatBytes } from "#web/ui/format.ts";
import { Failure, Loading } from "#web/ui/notice.tsx";
import styles from "./usage.module.css";
import type { UsageDay } from "./usage-days.ts";
import { useUsage } from "./use-settings.ts";

const barWidth = 10;
const barHeight = 100;

/** The person's tier, how much they store, what is used of their quotas, what models cost in all, and their calls by day. */
export function Usage() {
	const { t, locale } = useLanguage();
	const { data, error, refetch } = useUsage();
	if (error && !data) return <Failure error={error} onRetry={() => refetch()} />;
	if (!data) return <Loading />;
	const { total } = data;
	const dollars = new Intl.NumberFormat(locale, { style: "currency", currency: "USD", maximumFractionDigits: 4 });
	return (
		<div className={styles.usage}>
			<dl className={styles.sums}>
				<Sum label={t("usage.tier")} value={t(`usage.tier.${data.tier}`)} />
				<Sum label={t("usage.items")} value={data.items.toLocaleString(locale)} />
				<Sum label={t("usage.bytes")} value={formatBytes(data.bytes, locale)} />
				<Sum label={t("usage.calls")} value={total.calls.toLocaleString(locale)} />
				<Sum label={t("usage.cost")} value={dollars.format(total.cost_usd)} />
			</dl>
			{data.quotas && <Quotas quotas={data.quotas} />}
			{total.calls === 0 ? (
				<p className={styles.none}>{t("usage.none")}</p>
			) : (
				<Chart days={data.byDay} label={t("usage.chart")} />
			)}
			{total.unpriced_calls > 0 && (
				<p className={styles.none}>{t("usage.unpriced", { count: total.unpriced_calls })}</p>
			)}
		</div>
	);
}

/** The part of each quota that is used. */
function Quotas({ quotas }: { quotas: readonly Schemas["Quota"][] }) {
	const { t } = useLanguage();
	return (
		<div>
			<dl className={styles.sums}>
				{quotas.map(({ use, period, used, limit }) => (
					<Sum key={`${use}.${period}`} label={t(`usage.${use}.${period}`)} value={t("usage.of", { used, limit })} />
				))}
			</dl>
			<p className={styles.none}>{t("usage.utc")}</p>
		</div>
	);
}

export function Sum({ label, value }: { label: string; value: string }) {
	return (
		<div className={styles.sum}>
			<dt>{label}</dt>
			<dd>{value}</dd>
		</div>
	);
}

/** A bar for each day's calls; the days with calls stand in a table for those who do not see it. */
export function Chart({ days, label }: { days: readonly UsageDay[]; label: string }) {
	const { t, locale } = useLanguage();
	const max = Math.max(1, ...days.map(({ calls }) => calls));
	const write = (day: string) =>
		new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeZone: "UTC" }).format(new Date(day));
	return (
		<figure className={styles.figure}>
			<svg
				className={styles.chart}
				viewBox={`0 0 ${days.length * barWidth} ${barHeight}`}
				preserveAspectRatio="none"
				aria-hidden="true"
			>
				{days.map(({ day, calls }, at) => {
					const height = calls === 0 ? 1 : Math.max(3, (calls / max) * barHeight);
					return (
						<rect
							key={day}
							className={calls === 0 ? styles.noBar : styles.bar}
							x={at * barWidth + 1}
							y={barHeight - height}
							width={barWidth - 2}
							height={height}
						>
							<title>{`${write(day)}: ${calls.toLocaleString(locale)}`}</title>
						</rect>
					);
				})}
			</svg>
			<figcaption className={styles.caption}>
				<span>{write(days[0]?.day ?? "")}</span>
				<span>{label}</span>
				<span>{write(days.at(-1)?.day ?? "")}</span>
			</figcaption>
			<table className="visually-hidden">
				<caption>{label}</caption>
				<thead>
					<tr>
						<th scope="col">{t("usage.day")}</th>
						<th scope="col">{t("usage.calls")}</th>
					</tr>
				</thead>
				<tbody>
					{days
						.filter(({ calls }) => calls > 0)
						.map(({ day, calls }) => (
							<tr key={day}>
								<th scope="row">{write(day)}</th>
								<td>{calls.toLocaleString(locale)}</td>
							</tr>
						))}
				</tbody>
			</table>
		</figure>
	);
}
