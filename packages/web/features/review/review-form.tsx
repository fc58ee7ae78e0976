import { type FormEvent, useState } from "react";
import { useOriginal } from "#web/features/viewer/use-item.ts";
import type { Key } from "#web/i18n/en.ts";
import { useLanguage } from "#web/i18n/i18n.tsx";
import { Button } from "#web/ui/button.tsx";
import { Field } from "#web/ui/field.tsx";
import { Banner, Loading } from "#web/ui/notice.tsx";
import bestStyles from "../../ui/best.module.css";
import styles from "./review-form.module.css";
import {
	type Analysis,
	type ComparedField,
	type GoldenEntry,
	type ReviewItem,
	useAgreement,
	useEntry,
	useSaveEntry,
} from "./use-review.ts";

type Words = Record<"category" | "headline" | "summary" | "text", string>;

const fields = [
	{ name: "category", label: "edit.category", rows: undefined, compared: undefined },
	{ name: "headline", label: "edit.headline", rows: undefined, compared: "headline" },
	{ name: "summary", label: "edit.summary", rows: 3, compared: "summary" },
	{ name: "text", label: "viewer.text", rows: 6, compared: "extracted_text" },
] as const satisfies { name: keyof Words; label: Key; rows?: number; compared?: ComparedField }[];

interface ReviewFormProps {
	item: ReviewItem;
	onSaved(): void;
}

/** The picture, and its words as each version has them and as they should be. */
export function ReviewForm({ item, onSaved }: ReviewFormProps) {
	const { t } = useLanguage();
	const entry = useEntry(item);
	const picture = useOriginal(item.filename).data;
	if (item.has_golden && entry.isPending) return <Loading />;
	return (
		<div className={styles.columns}>
			<div className={styles.picture}>
				{picture && <img src={picture} alt={item.original_filename} />}
				<p className={styles.name}>{item.original_filename}</p>
			</div>
			{entry.error && <Banner tone="danger">{entry.error.message}</Banner>}
			<EntryForm item={item} entry={entry.data ?? null} onSaved={onSaved} title={t("review.words")} />
		</div>
	);
}

function EntryForm({ item, entry, onSaved, title }: ReviewFormProps & { entry: GoldenEntry | null; title: string }) {
	const { t } = useLanguage();
	const save = useSaveEntry();
	const [newest] = item.analyses;
	const [words, setWords] = useState<Words>(() => (entry ? wordsOf(entry) : wordsOf(newest?.raw_response)));

	function submit(event: FormEvent<HTMLFormElement>) {
		event.preventDefault();
		if (!newest) return;
		const { tags, subcategories, image_details, media_metadata } = entry ?? newest.raw_response;
		const { category, headline, summary, text } = words;
		const body = {
			...{ tags, subcategories, media_metadata, category, headline, summary },
			image_details: { ...image_details, extracted_text: text.split("\n").filter((line) => line.trim() !== "") },
			item_id: item.item_id,
			source_analysis_ids: item.analyses.map(({ id }) => id),
		};
		save.mutate(body, { onSuccess: onSaved });
	}

	return (
		<form className={styles.form} onSubmit={submit} aria-label={title}>
			{save.error && <Banner tone="danger">{save.error.message}</Banner>}
			{fields.map(({ name, label, rows, compared }) => (
				<div key={name} className={styles.field}>
					<Field
						label={t(label)}
						value={words[name]}
						onChange={(value) => setWords({ ...words, [name]: value })}
						rows={rows}
						isRequired={name === "category" || name === "headline"}
					/>
					<Choices
						item={item}
						field={compared}
						texts={item.analyses.map(({ raw_response }) => wordsOf(raw_response)[name])}
						chosen={words[name]}
						onChoose={(value) => setWords({ ...words, [name]: value })}
					/>
				</div>
			))}
			<Button type="submit" look="primary" icon="check" isPending={save.isPending} className={styles.save}>
				{t("review.save")}
			</Button>
		</form>
	);
}

interface ChoicesProps {
	item: ReviewItem;
	/** The field whose agreement is computed; none for a category, of which one sees it. */
	field: ComparedField | undefined;
	/** One of each version, the newest first. */
	texts: readonly string[];
	chosen: string;
	onChoose(text: string): void;
}

/** The versions of a field, with how much each agrees with all; one press takes its words. */
function Choices({ item, field, texts, chosen, onChoose }: ChoicesProps) {
	const { t, locale } = useLanguage();
	const agreement = useAgreement(item, field ?? "headline", field ? texts : []);
	const best = agreement ? agreement.indexOf(Math.max(...agreement)) : -1;
	const percent = new Intl.NumberFormat(locale, { style: "percent" });
	if (texts.length < 2) return null;
	return (
		<ul className={styles.choices}>
			{item.analyses.map(({ id, version, provider_used }, at) => (
				<li key={id}>
					<button
						type="button"
						className={styles.choice}
						aria-pressed={texts[at] === chosen}
						onClick={() => onChoose(texts[at] ?? "")}
					>
						<span className={styles.source}>
							{version} · {provider_used}
							{agreement?.[at] !== undefined && (
								<span className={at === best ? bestStyles.best : undefined}>
									{t("review.agrees", { share: percent.format(agreement[at]) })}
								</span>
							)}
						</span>
						<span className={styles.text}>{texts[at] || "–"}</span>
					</button>
				</li>
			))}
		</ul>
	);
}

type Described = Pick<Analysis["raw_response"], "category" | "headline" | "summary" | "image_details">;

const wordsOf = (described: Described | undefined): Words => ({
	category: described?.category ?? "",
	headline: described?.headline ?? "",
	summary: described?.summary ?? "",
	text: described?.image_details.extracted_text?.join("\n") ?? "",
});
