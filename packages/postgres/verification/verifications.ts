import { itemNotFound, unknownCursor } from "#core/errors.ts";
import type { TextBox } from "#core/items/analysis.ts";
import type { Verifications } from "#core/ports/index.ts";
import type { RiskLevel } from "#core/verification/verdict.ts";
import type {
	ClaimCitation,
	Difference,
	Verification,
	VerificationSource,
	VerifiedClaim,
} from "#core/verification/verification.ts";
import { camelCased } from "../camel-case.ts";
import type { Database } from "../database.ts";
import { decodeParts, encodeParts, isUuid } from "../list-cursor.ts";
import { sql } from "../sql.ts";
import { storableJson, storableText } from "../text.ts";

interface SummaryRow {
	id: string;
	item_id: string | null;
	text: string;
	accuracy_score: number | null;
	risk_level: RiskLevel;
	model: string;
	created_at: Date;
}

interface VerificationRow extends SummaryRow {
	user_id: string;
	request_id: string;
	sources: VerificationSource[];
	/** With the citations of pages alone. */
	claims: VerifiedClaim[];
	duration_ms: number;
	cost_usd: string | null;
	notices: string[];
	cached: boolean;
	citations: CitationJson[] | null;
}

/** A citation of an item. */
interface CitationJson {
	claim: number;
	place: number;
	item_id: string;
	sentence: string;
	box: TextBox | null;
	difference: Difference | null;
}

interface ListedRow extends SummaryRow {
	supported: number;
	contradicted: number;
	not_found: number;
}

/** Characters of a text that a list shows. */
const maxExcerpt = 200;

/** Verifications in PostgreSQL. */
export function postgresVerifications(db: Database): Verifications {
	return {
		create: (made, { maxKept }) =>
			db.transaction(async (tx) => {
				const { userId, id, itemId } = made;
				const claims = made.claims.map((claim) => ({ ...claim, citations: claim.citations.filter(isOfPage) }));
				const [row] = await tx.query<{ created_at: Date }>(
					sql`insert into verifications (user_id, id, request_id, text, item_id, sources, claims, accuracy_score, risk_level, model, duration_ms, cost_usd, notices, cached)
					    select ${userId}, ${id}::uuid, ${made.requestId}::text, ${storableText(made.text)}::text, ${itemId}::uuid, ${made.sources}::text[],
					      ${storableJson(claims)}::jsonb, ${made.accuracyScore}::smallint, ${made.riskLevel}::text, ${made.model}::text,
					      ${made.durationMs}::integer, ${made.costUsd}::numeric, ${made.notices.map(storableText)}::text[], ${made.cached}::boolean
					    where ${itemId}::uuid is null or exists (select from items where user_id = ${userId} and id = ${itemId}::uuid)
					    returning created_at`,
				);
				if (!row) throw itemNotFound(itemId ?? "");
				const citations = made.claims.flatMap((claim, at) =>
					claim.citations.flatMap(({ itemId: item_id, sentence, box, difference }, place) =>
						item_id ? [{ claim: at, place, item_id, sentence, box, difference }] : [],
					),
				);
				await tx.query(
					sql`insert into verification_citations (user_id, verification_id, claim, place, item_id, sentence, box, difference)
					    select ${userId}, ${id}::uuid, claim, place, item_id, sentence, nullif(box, 'null'), nullif(difference, 'null')
					    from jsonb_to_recordset(${storableJson(citations)}::jsonb)
					      as given (claim smallint, place smallint, item_id uuid, sentence text, box jsonb, difference jsonb)
					    where exists (select from items where user_id = ${userId} and items.id = given.item_id)`,
				);
				await tx.query(
					sql`delete from verifications where user_id = ${userId} and id in (
					      select id from verifications where user_id = ${userId} order by created_at desc, id desc offset ${maxKept}
					    )`,
				);
				return { ...made, createdAt: row.created_at };
			}),

		async find(userId, verificationId) {
			const [row] = await db.query<VerificationRow>(
				sql`select verifications.*, (
				      select jsonb_agg(jsonb_build_object('claim', claim, 'place', place, 'item_id', item_id, 'sentence', sentence,
				        'box', box, 'difference', difference) order by claim, place)
				      from verification_citations where user_id = ${userId} and verification_id = ${verificationId}
				    ) as citations
				    from verifications where user_id = ${userId} and id = ${verificationId}`,
			);
			return row ? verificationFromRow(row) : null;
		},

		async list(userId, { limit, cursor }) {
			const after = cursor === undefined ? null : readCursor(cursor);
			const count = (verdict: string) =>
				sql`(select count(*)::int from jsonb_array_elements(claims) as claim where claim ->> 'verdict' = ${verdict})`;
			const rows = await db.query<ListedRow>(
				sql`select id, item_id, left(text, ${maxExcerpt}) as text, accuracy_score, risk_level, model, created_at,
				      ${count("supported")} as supported, ${count("contradicted")} as contradicted, ${count("not_found")} as not_found
				    from verifications
				    where user_id = ${userId}
				      and (${after?.createdAt ?? null}::timestamptz is null or (created_at, id) < (${after?.createdAt ?? null}::timestamptz, ${after?.id ?? null}::uuid))
				    order by created_at desc, id desc
				    limit ${limit + 1}`,
			);
			const page = rows.slice(0, limit);
			const last = page.at(-1);
			return {
				verifications: page.map(camelCased),
				nextCursor: rows.length > limit && last ? cursorOf(last.created_at, last.id) : null,
			};
		},

		async delete(userId, verificationId) {
			const deleted = await db.query(
				sql`delete from verifications where user_id = ${userId} and id = ${verificationId} returning id`,
			);
			return deleted.length > 0;
		},
	};
}

const isOfPage = ({ itemId }: ClaimCitation) => itemId === null;

function verificationFromRow(row: VerificationRow): Verification {
	const ofItems = (at: number): ClaimCitation[] =>
		(row.citations ?? [])
			.filter(({ claim }) => claim === at)
			.map(({ item_id: itemId, sentence, box, difference }) => ({ itemId, url: null, sentence, box, difference }));
	return {
		id: row.id,
		userId: row.user_id,
		requestId: row.request_id,
		text: row.text,
		itemId: row.item_id,
		sources: row.sources,
		claims: row.claims.map((claim, at) => ({ ...claim, citations: [...ofItems(at), ...claim.citations] })),
		accuracyScore: row.accuracy_score,
		riskLevel: row.risk_level,
		model: row.model,
		durationMs: row.duration_ms,
		costUsd: row.cost_usd === null ? null : Number(row.cost_usd),
		notices: row.notices,
		cached: row.cached,
		createdAt: row.created_at,
	};
}

const cursorOf = (createdAt: Date, id: string): string => encodeParts([createdAt.toISOString(), id]);

/** @throws AppError `invalid_request` */
function readCursor(cursor: string): { createdAt: Date; id: string } {
	const parts = decodeParts(cursor);
	const [time, id] = parts;
	const createdAt = new Date(time ?? "");
	if (parts.length !== 2 || id === undefined || !isUuid(id) || Number.isNaN(createdAt.getTime())) throw unknownCursor();
	if (createdAt.toISOString() !== time || !/^\d{4}-/.test(time)) throw unknownCursor();
	return { createdAt, id };
}
