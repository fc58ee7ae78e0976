import { useState } from "react";
import { NotFound } from "#web/app/not-found.tsx";
import { usePerson } from "#web/features/account/browser-session.ts";
import { useLanguage } from "#web/i18n/i18n.tsx";
import { Button } from "#web/ui/button.tsx";
import { formatDate } from "#web/ui/format.ts";
import { Failure, Loading } from "#web/ui/notice.tsx";
import page from "../../ui/page.module.css";
import styles from "./admin-page.module.css";
import { ChangeUser } from "./change-user.tsx";
import { EverybodysUsage } from "./everybodys-usage.tsx";
import { type ListedUser, useUsers } from "./use-users.ts";

/** The people of the environment, for those who administer them; to everybody else there is no such page. */
export function AdminPage() {
	return usePerson()?.isAdmin ? <Users /> : <NotFound />;
}

function Users() {
	const { t, locale } = useLanguage();
	const { data, error, refetch, hasNextPage, isFetchingNextPage, fetchNextPage } = useUsers();
	const [opened, setOpened] = useState<ListedUser | null>(null);
	return (
		<div className={page.page}>
			<h1 className={page.title}>{t("admin.title")}</h1>
			<p className={page.lead}>{t("admin.lead")}</p>
			<section className={styles.usage} aria-label={t("usage.title")}>
				<h2>{t("usage.title")}</h2>
				<EverybodysUsage />
			</section>
			{error && !data ? (
				<Failure error={error} onRetry={() => refetch()} />
			) : !data ? (
				<Loading />
			) : (
				<ul className={styles.list}>
					{data.pages
						.flatMap(({ users }) => users)
						.map((user) => (
							<li key={user.sub} className={styles.row}>
								<div className={styles.words}>
									<p className={styles.email}>{user.email ?? user.sub}</p>
									<p className={styles.since}>
										{[
											t("admin.since", { when: formatDate(user.created_at, locale) }),
											...(user.confirmed ? [] : [t("admin.unconfirmed")]),
											...(user.disabled ? [t("admin.isDisabled")] : []),
										].join(" · ")}
									</p>
								</div>
								<Button
									onPress={() => setOpened(user)}
									aria-label={t("admin.change", { email: user.email ?? user.sub })}
								>
									{t("admin.open")}
								</Button>
							</li>
						))}
				</ul>
			)}
			{hasNextPage && (
				<div>
					<Button onPress={() => fetchNextPage()} isPending={isFetchingNextPage}>
						{t("admin.more")}
					</Button>
				</div>
			)}
			{opened && <ChangeUser listed={opened} onClose={() => setOpened(null)} />}
		</div>
	);
}
