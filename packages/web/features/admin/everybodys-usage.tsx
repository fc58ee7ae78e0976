import usage from "#web/features/settings/usage.module.css";
import { Chart, Sum } from "#web/features/settings/usage.tsx";
import { useLanguage } from "#web/i18n/i18n.tsx";
import { Button } from "#web/ui/button.tsx";
import { Failure, Loading } from "#web/ui/notice.tsx";
import styles from "./admin-page.module.css";
import { useEverybodysUsage } from "./use-users.ts";

/** The calls and costs of everybody, by day, and the people for whom models cost most. */
export function EverybodysUsage() {
	const { t, locale } = useLanguage();
	const { data, error, refetch, hasNextPage, isFetchingNextPage, fetchNextPage } = useEverybodysUsage();
	const [first] = data?.pages ?? [];
	if (error && !first) return <Failure error={error} onRetry={() => refetch()} />;
	if (!first) return <Loading />;
	const { total } = first;
	const dollars = new Intl.NumberFormat(locale, { style: "currency", currency: "USD", maximumFractionDigits: 4 });
	if (total.calls === 0) return <p className={usage.none}>{t("usage.none")}</p>;
	return (
		<div className={usage.usage}>
			<dl className={usage.sums}>
				<Sum label={t("usage.calls")} value={total.calls.toLocaleString(locale)} />
				<Sum label={t("usage.cost")} value={dollars.format(total.cost_usd)} />
			</dl>
			<Chart days={first.byDay} label={t("usage.chart")} />
			{total.unpriced_calls > 0 && <p className={usage.none}>{t("usage.unpriced", { count: total.unpriced_calls })}</p>}
			<table className={styles.table}>
				<caption>{t("admin.usage.most")}</caption>
				<thead>
					<tr>
						<th scope="col">{t("admin.usage.person")}</th>
						<th scope="col">{t("usage.calls")}</th>
						<th scope="col">{t("usage.cost")}</th>
					</tr>
				</thead>
				<tbody>
					{data?.pages
						.flatMap(({ people }) => people)
						.map(({ sub, email, calls, cost_usd }) => (
							<tr key={sub}>
								<th scope="row">{email ?? sub}</th>
								<td>{calls.toLocaleString(locale)}</td>
								<td>{dollars.format(cost_usd)}</td>
							</tr>
						))}
				</tbody>
			</table>
			{hasNextPage && (
				<div>
					<Button onPress={() => fetchNextPage()} isPending={isFetchingNextPage}>
						{t("admin.usage.more")}
					</Button>
				</div>
			)}
		</div>
	);
}
