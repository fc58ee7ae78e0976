import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, bodyOf, type Schemas } from "#web/app/api.ts";
import { refreshItems } from "#web/features/library/use-items.ts";
import { useLanguage } from "#web/i18n/i18n.tsx";
import { Button } from "#web/ui/button.tsx";
import { Dialog } from "#web/ui/dialog.tsx";
import { formatDate } from "#web/ui/format.ts";
import { Failure, Loading } from "#web/ui/notice.tsx";
import { SelectField } from "#web/ui/select-field.tsx";
import { toast } from "#web/ui/toasts.ts";
import { differing } from "./differing.ts";
import { type VersionedItem, versioned } from "./use-item.ts";
import styles from "./versions.module.css";

type Analysis = Schemas["Analysis"];

/** Two versions of an item's analysis side by side, with the words that only one of them has marked. */
export function Versions({ item, onClose }: { item: VersionedItem; onClose(): void }) {
	const { t } = useLanguage();
	const path = { params: { path: { id: item.id } } };
	const analyses = useQuery({
		queryKey: ["analyses", item.id, item.latest_analysis?.id],
		queryFn: ({ signal }) => bodyOf(api().GET("/items/{id}/analyses", { ...path, signal })),
	});
	return (
		<Dialog title={t("versions.title")} isOpen isWide onClose={onClose}>
			{analyses.error && !analyses.data ? (
				<Failure error={analyses.error} onRetry={() => analyses.refetch()} />
			) : analyses.data ? (
				<Comparison item={item} analyses={analyses.data} onClose={onClose} />
			) : (
				<Loading />
			)}
		</Dialog>
	);
}

interface ComparisonProps {
	item: VersionedItem;
	/** The newest first. */
	analyses: readonly Analysis[];
	onClose(): void;
}

function Comparison({ item, analyses, onClose }: ComparisonProps) {
	const { t, locale } = useLanguage();
	const client = useQueryClient();
	const [shown, setShown] = useState({ left: 1, right: 0 });
	const take = useMutation({
		mutationFn: ({ raw_response: { headline, summary, category } }: Analysis) =>
			versioned(
				api().PATCH("/items/{id}", {
					params: { path: { id: item.id }, header: item.etag ? { "If-Match": item.etag } : {} },
					body: { headline, summary, category },
				}),
			),
		onSuccess: (saved) => {
			client.setQueryData(["item", item.id], saved);
			toast(t("edit.saved"));
			onClose();
			return refreshItems(client);
		},
		onError: (error) => toast(error.message, { tone: "danger" }),
	});
	const left = analyses[shown.left];
	const right = analyses[shown.right];
	if (!left || !right) return <p>{t("versions.one")}</p>;
	const names = analyses.map(
		({ version, provider_used, created_at }, at) =>
			[String(at), `${version} · ${provider_used} · ${formatDate(created_at, locale)}`] as const,
	);
	const rows = fields.map(([label, read]) => ({ label: t(label), left: read(left), right: read(right) }));
	const column = (side: "left" | "right", analysis: Analysis) => (
		<section className={styles.column} aria-label={t("viewer.version", { version: analysis.version })}>
			<SelectField
				label={t(side === "left" ? "versions.left" : "versions.right")}
				value={String(shown[side])}
				onChange={({ target }) => setShown({ ...shown, [side]: Number(target.value) })}
				options={names}
			/>
			<dl className={styles.fields}>
				{rows
					.filter((row) => row.left.length + row.right.length > 0)
					.map((row) => (
						<div key={row.label}>
							<dt>{row.label}</dt>
							<dd>
								<Lines lines={row[side]} others={row[side === "left" ? "right" : "left"]} />
							</dd>
						</div>
					))}
			</dl>
			<Button isPending={take.isPending} onPress={() => take.mutate(analysis)}>
				{t("versions.take")}
			</Button>
		</section>
	);
	return (
		<>
			<p>{t("versions.lead")}</p>
			<div className={styles.columns}>
				{column("left", left)}
				{column("right", right)}
			</div>
		</>
	);
}

/** A version's lines of a field; what the other version lacks is marked. */
function Lines({ lines, others }: { lines: readonly string[]; others: readonly string[] }) {
	if (lines.length === 0) return <span className={styles.none}>–</span>;
	return (
		<p className={styles.text}>
			{differing(lines.join("\n"), others.join("\n")).map(({ text, isOnlyHere }, at) =>
				isOnlyHere ? <mark key={at}>{text}</mark> : text,
			)}
		</p>
	);
}

const fields = [
	["edit.category", ({ category }: Analysis) => [category]],
	["edit.headline", ({ raw_response }: Analysis) => [raw_response.headline]],
	["edit.summary", ({ summary }: Analysis) => [summary]],
	["edit.tags", ({ raw_response }: Analysis) => joined(raw_response.tags)],
	["versions.objects", ({ raw_response }: Analysis) => joined(raw_response.image_details.objects)],
	["versions.themes", ({ raw_response }: Analysis) => joined(raw_response.image_details.themes)],
	["viewer.text", ({ raw_response }: Analysis) => raw_response.image_details.extracted_text ?? []],
] as const;

const joined = (words: readonly string[] = []): string[] => (words.length > 0 ? [words.join(", ")] : []);
