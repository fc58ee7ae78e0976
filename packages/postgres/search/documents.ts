import { randomUUID } from "node:crypto";
import { type Analysis, type SearchText, searchText } from "#core/items/analysis.ts";
import type { Item } from "#core/items/item.ts";
import { refutedClaims } from "#core/verification/refuted-claims.ts";
import type { Queryable } from "../database.ts";
import { itemWithAnalysis, type WholeItemRow, wholeItem, withCurrentAnalysis } from "../items/whole-item.ts";
import { sql } from "../sql.ts";
import { storableText } from "../text.ts";

/** Loaded where a document is written: stemmers and stop words would be a third of the api's start. */
const textPackage = () => import("#text/document.ts");

/** The parts of an item that its document is made from. */
export interface DocumentSource {
	item: Item;
	analysis: Pick<Analysis, "id" | "description" | "verification">;
	tags: string[];
}

/** Reads what the documents of items are made from; leaves out those that have no analysis. The caller has locked the items. */
export async function documentSources(tx: Queryable, userId: string, itemIds: string[]): Promise<DocumentSource[]> {
	const rows = await tx.query<WholeItemRow>(
		sql`select ${wholeItem} from items ${withCurrentAnalysis}
		    where items.user_id = ${userId} and items.id = any(${itemIds}::uuid[])`,
	);
	return rows.map(itemWithAnalysis).flatMap(({ item, latestAnalysis: analysis, tags }) => {
		return analysis ? [{ item, analysis, tags }] : [];
	});
}

/** Writes the documents of items, from their analyses and the person's own words. The caller has locked the items. */
export async function writeDocuments(tx: Queryable, userId: string, sources: readonly DocumentSource[]): Promise<void> {
	if (sources.length === 0) return;
	const { documentVector, documentVersion } = await textPackage();
	const documents = sources.map(({ item, analysis, tags }) => {
		const text = storableTexts(searchText(analysis.description, { ...item, tags }));
		const refuted = refutedClaims(analysis).map(storableText);
		return {
			...text,
			refuted: JSON.stringify(refuted),
			itemId: item.id,
			analysisId: analysis.id,
			category: storableText(item.edits.category ?? analysis.description.category),
			search: documentVector({ ...text, refuted, filename: item.originalFilename }),
		};
	});
	await tx.query(
		sql`insert into documents (item_id, user_id, analysis_id, category, headline, summary, note, labels, extracted_text,
		      refuted, search, search_version, written_at)
		    select item_id, ${userId}, analysis_id, category, headline, summary, note, labels, extracted_text,
		      refuted, search::tsvector, ${documentVersion}, clock_timestamp()
		    from unnest(
		      ${documents.map(({ itemId }) => itemId)}::uuid[],
		      ${documents.map(({ analysisId }) => analysisId)}::uuid[],
		      ${documents.map(({ category }) => category)}::text[],
		      ${documents.map(({ headline }) => headline)}::text[],
		      ${documents.map(({ summary }) => summary)}::text[],
		      ${documents.map(({ note }) => note)}::text[],
		      ${documents.map(({ labels }) => labels)}::text[],
		      ${documents.map(({ extractedText }) => extractedText)}::text[],
		      ${documents.map(({ refuted }) => refuted)}::jsonb[],
		      ${documents.map(({ search }) => search)}::text[]
		    ) as written (item_id, analysis_id, category, headline, summary, note, labels, extracted_text, refuted, search)
		    on conflict (item_id) do update set
		      analysis_id = excluded.analysis_id, category = excluded.category, headline = excluded.headline,
		      summary = excluded.summary, note = excluded.note, labels = excluded.labels,
		      extracted_text = excluded.extracted_text, refuted = excluded.refuted,
		      search = excluded.search, search_version = excluded.search_version,
		      written_at = excluded.written_at
		    where documents.user_id = ${userId}`,
	);
	const itemIds = documents.map(({ itemId }) => itemId);
	await tx.query(sql`delete from outdated_documents where user_id = ${userId} and item_id = any(${itemIds}::uuid[])`);
}

/** Writes the documents of analyzed items anew after a change of the person's words; their vectors follow. */
export async function rewriteDocuments(
	tx: Queryable,
	userId: string,
	sources: readonly DocumentSource[],
): Promise<void> {
	await writeDocuments(tx, userId, sources);
	const itemIds = sources.map(({ item }) => item.id);
	// A search by vectors reads the category beside them.
	await tx.query(
		sql`update embeddings set category = documents.category
		    from documents
		    where embeddings.user_id = ${userId} and documents.user_id = ${userId}
		      and documents.item_id = embeddings.item_id and documents.item_id = any(${itemIds}::uuid[])
		      and embeddings.category <> documents.category`,
	);
	await requestEmbeddings(tx, userId, itemIds);
}

/**
 * Requests new vectors of items whose text changed. One that no embedder has claimed yet gets the vector of the changed text
 * anyway.
 */
async function requestEmbeddings(tx: Queryable, userId: string, itemIds: string[]): Promise<void> {
	await tx.query(
		sql`insert into requests (id, item_id, user_id, kind)
		    select request_id, items.id, items.user_id, 'embed'
		    from unnest(${itemIds}::uuid[], ${itemIds.map(() => randomUUID())}::uuid[]) as wanted (item_id, request_id)
		    join items on items.user_id = ${userId} and items.id = wanted.item_id
		    where items.status in ('ready', 'failed') or (items.status = 'analyzed' and items.attempts > 0)
		    on conflict do nothing`,
	);
}

function storableTexts(text: SearchText): SearchText {
	return {
		headline: storableText(text.headline),
		summary: storableText(text.summary),
		note: storableText(text.note),
		labels: storableText(text.labels),
		extractedText: storableText(text.extractedText),
	};
}
