import { useNavigate } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import type { Item } from "#web/app/api.ts";
import { useSequence } from "#web/features/viewer/sequence.ts";
import { useLanguage } from "#web/i18n/i18n.tsx";
import { Banner, Blank, Failure, Loading } from "#web/ui/notice.tsx";
import page from "../../ui/page.module.css";
import { DuplicateGroup } from "./duplicate-group.tsx";
import { groupKey } from "./duplicate-groups.ts";
import { keptGroups } from "./kept-groups.ts";
import { useDuplicateGroups, useItemsOf } from "./use-duplicates.ts";

/** So many groups are shown at least, if there are, and so many more follow as they are decided. */
const groupsPerStep = 20;

/** Pictures that are nearly the same, group by group: one stays, the others go. */
export function DuplicatesPage() {
	const { t } = useLanguage();
	const navigate = useNavigate();
	const { groups, compared, total, isComparing, error, retry } = useDuplicateGroups();
	const [kept, setKept] = useState(keptGroups.read);
	const [asked, setAsked] = useState(groupsPerStep);
	const open = groups.filter((ids) => !kept.includes(groupKey(ids)));
	const items = useItemsOf(open.slice(0, asked));
	const shown = open.slice(0, asked).flatMap((ids) => {
		const whole = ids.flatMap((id) => items.data?.get(id) ?? []);
		return whole.length > 1 ? [{ key: groupKey(ids), items: whole }] : [];
	});
	// Groups of which one is left are decided.
	const isShort = items.data !== undefined && !items.isPlaceholderData && shown.length < groupsPerStep;
	useEffect(() => {
		if (isShort && asked < open.length) setAsked(asked + groupsPerStep);
	}, [isShort, asked, open.length]);
	const all: Item[] = shown.flatMap((group) => group.items);
	useSequence((index) => all[index], all.length);
	const isWaiting = open.length > 0 && items.isPending;
	if (error && groups.length === 0) return <Failure error={error} onRetry={retry} />;
	return (
		<div className={page.page}>
			<h1 className={page.title}>{t("nav.duplicates")}</h1>
			<p className={page.lead}>{t("duplicates.lead")}</p>
			{error ? (
				<Banner tone="danger">{error.message}</Banner>
			) : (
				isComparing && (
					<div className={page.progress} role="status">
						<progress max={total || 1} value={compared} aria-label={t("duplicates.progress")} />
						<p>{t("duplicates.compared", { done: compared, count: total })}</p>
					</div>
				)
			)}
			{isWaiting && <Loading />}
			{!isComparing && !isWaiting && shown.length === 0 && (
				<Blank icon="copies" title={t("duplicates.empty")}>
					<p>{t("duplicates.empty.text")}</p>
				</Blank>
			)}
			{shown.map((group) => (
				<DuplicateGroup
					key={group.key}
					items={group.items}
					onOpen={(item) => navigate({ to: ".", search: (former) => ({ ...former, item }) })}
					onKeepAll={() => {
						const next = [...kept, group.key];
						keptGroups.write(next);
						setKept(next);
					}}
				/>
			))}
		</div>
	);
}
