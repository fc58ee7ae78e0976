import { randomUUID } from "node:crypto";
import { quotedItem, shortQuote } from "../chat/quoted-items.ts";
import { AppError, itemNotFound } from "../errors.ts";
import type { TokenUsage } from "../items/analysis.ts";
import { itemRefs } from "../items/item-refs.ts";
import { shownWords } from "../items/shown-words.ts";
import type { ItemWithAnalysis, Ports } from "../ports/index.ts";
import { askModel } from "./ask-model.ts";
import { type CacheOptions, cacheEntry, type Question } from "./cached-verification.ts";
import { checkVerdict } from "./check-verdict.ts";
import { cutClaims, maxClaims } from "./claims.ts";
import type { Evidence } from "./evidence.ts";
import { findEvidence } from "./find-evidence.ts";
import { evidenceBesideModel } from "./item-evidence.ts";
import { accuracyScore, riskLevel } from "./score.ts";
import type { Claim, Verification, VerifiedClaim } from "./verification.ts";
import { verifyClaim } from "./verify-claim.ts";
import { verifyOnWeb } from "./verify-on-web.ts";

/** Older verifications of a person are deleted. */
const maxKept = 1_000;
/** Items that a model reads. */
const maxQuotedItems = 12;

export const checkedByCode =
	"Checked by words, numbers, dates and names alone, without a model: what is said in other words is not recognised.";

type VerificationPorts = Pick<
	Ports,
	"items" | "analyses" | "search" | "embedder" | "chat" | "webSearch" | "verifications" | "verificationCache"
>;

export interface VerificationRequest extends Question {
	requestId: string;
	deadline: Date;
	cache: CacheOptions;
}

/**
 * Checks a text claim by claim, and saves the outcome. Code compares words, numbers, dates, names and negations; a chat
 * model, where the environment has one, says more of what code did not find, and code checks its quotes. The same question
 * to the same collection gets its outcome again, unless something was away when it was found.
 * @throws AppError `item_not_found`, `invalid_fields` of a source that this environment does not have
 * @throws ModelFailure as `answerQuestion`
 */
export async function verifyText(
	ports: VerificationPorts,
	userId: string,
	{ requestId, subject, sources, model, deadline, cache }: VerificationRequest,
): Promise<Verification> {
	const started = performance.now();
	const usesWeb = sources.includes("web");
	if (usesWeb && !(await ports.webSearch.isEnabled())) throw webSearchOff();
	const entry = await cacheEntry(ports, userId, { subject, sources, model }, cache);
	const made = () => ({ id: randomUUID(), requestId, durationMs: Math.round(performance.now() - started) });
	const known = await entry.find();
	if (known) return ports.verifications.create({ ...known, ...made(), costUsd: 0, cached: true }, { maxKept });
	const item = "itemId" in subject ? await described(ports, userId, subject.itemId) : null;
	const text = "itemId" in subject ? descriptionOf(item) : subject.text;
	const { claims, hasMore } = cutClaims(text);
	const notices = noticesOn(claims, hasMore);
	const found = await evidenceFor(ports, userId, claims, { item, sources, deadline });
	let verified = claims.map((claim, at) => verifyClaim(claim, found.ofClaims[at] ?? [], { isSubject: item !== null }));
	const asked = await ask(ports, verified, found, { model, deadline });
	verified = asked.claims;
	let isComplete = found.isComplete && asked.isComplete;
	if (usesWeb) {
		const web = await verifyOnWeb(ports, verified, deadline);
		verified = web.claims;
		isComplete &&= web.isComplete;
		notices.push(...web.notices);
	}
	const usage = [...found.usage, ...asked.usage];
	const verification = await ports.verifications.create(
		{
			...made(),
			userId,
			text,
			itemId: item?.item.id ?? null,
			sources,
			claims: verified,
			accuracyScore: accuracyScore(verified),
			riskLevel: riskLevel(verified),
			model: asked.model,
			costUsd: costOf(usage),
			cached: false,
			notices: [...notices, ...found.notices, ...asked.notices],
		},
		{ maxKept },
	);
	if (isComplete) await entry.keep(verification);
	return verification;
}

const webSearchOff = () => {
	const detail = 'This environment has no web search: leave "web" out of the sources, or set its key';
	return new AppError("invalid_fields", `body.sources: ${detail}.`, { fields: [{ field: "body.sources", detail }] });
};

async function described({ items }: VerificationPorts, userId: string, itemId: string): Promise<ItemWithAnalysis> {
	const found = await items.find(userId, itemId);
	if (!found) throw itemNotFound(itemId);
	return found;
}

/** The words under which an item is shown; none before its first analysis. */
function descriptionOf(item: ItemWithAnalysis | null): string {
	if (!item?.latestAnalysis) return "";
	const { headline, summary } = shownWords(item.item, item.latestAnalysis);
	return `${headline}\n${summary}`;
}

function noticesOn(claims: readonly Claim[], hasMore: boolean): string[] {
	if (claims.length === 0) return ["The text has no statement that could be checked."];
	return hasMore ? [`Only the first ${maxClaims} statements were checked: send the rest as another text.`] : [];
}

interface EvidenceOfClaims {
	ofClaims: Evidence[][];
	items: Map<string, ItemWithAnalysis>;
	notices: string[];
	usage: TokenUsage[];
	/** Nothing was away. */
	isComplete: boolean;
}

async function evidenceFor(
	ports: VerificationPorts,
	userId: string,
	claims: readonly Claim[],
	{ item, sources, deadline }: Pick<VerificationRequest, "sources" | "deadline"> & { item: ItemWithAnalysis | null },
): Promise<EvidenceOfClaims> {
	if (item) {
		const versions = (await ports.analyses.listByItem(userId, item.item.id)) ?? [];
		const others = versions.filter(({ id }) => id !== item.latestAnalysis?.id);
		const description = item.latestAnalysis?.description ?? null;
		const evidence = [evidenceBesideModel({ ...item, description }, others)];
		const notices = ["Compared with the picture's own text, the file's facts and other versions of its description."];
		return {
			ofClaims: claims.map(() => evidence),
			items: new Map([[item.item.id, item]]),
			notices,
			usage: [],
			isComplete: true,
		};
	}
	if (claims.length === 0 || !sources.includes("collection")) {
		return { ofClaims: [], items: new Map(), notices: [], usage: [], isComplete: true };
	}
	const found = await findEvidence(ports, userId, claims, { deadline });
	return { ...found, isComplete: found.notices.length === 0 };
}

async function ask(
	ports: VerificationPorts,
	claims: VerifiedClaim[],
	{ ofClaims, items }: EvidenceOfClaims,
	{ model, deadline }: Pick<VerificationRequest, "model" | "deadline">,
) {
	const ids = [...new Set(ofClaims.flat().map(({ itemId }) => itemId))].slice(0, maxQuotedItems);
	const refs = itemRefs();
	const quoted = ids.flatMap((id) => {
		const found = id && items.get(id);
		const quote = found ? quotedItem(refs.refFor(id as string), found, shortQuote) : null;
		return quote ?? [];
	});
	const answer = await askModel(ports, claims, quoted, refs, { model, deadline });
	const isByModel = answer.model !== null && !answer.model.startsWith("offline/");
	return {
		claims: claims.map((claim, at) => {
			const verdict = answer.verdicts.get(at);
			return verdict ? checkVerdict(claim, verdict, ofClaims[at] ?? []) : claim;
		}),
		model: answer.model ?? "offline",
		usage: answer.usage,
		isComplete: answer.notices.length === 0,
		notices: [...answer.notices, ...(isByModel && answer.notices.length === 0 ? [] : [checkedByCode])],
	};
}

/** Null where the price of any call is unknown. */
function costOf(usage: readonly TokenUsage[]): number | null {
	return usage.reduce<number | null>(
		(sum, { costUsd }) => (sum === null || costUsd === null ? null : sum + costUsd),
		0,
	);
}
