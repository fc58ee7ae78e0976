import { stageNames } from "#core/pipeline/stages.ts";
import type { Environment } from "#lib/environments.ts";

/** The use of an environment in a month. */
export interface Profile {
	/** Active in the month. */
	users: number;
	/** Of all users together. */
	uploads: number;
	/** The providers and models that describe, embed and answer. */
	visionProvider: Environment["visionProvider"];
	embeddingProvider: Environment["embeddingProvider"];
	chatProvider: Environment["chatProvider"];
	models: Environment["models"];
	chatModels: Environment["chatModels"];
}

/** The cost of one upload, from the pixel to the vector. Assumed from runs on one machine; measure your own. */
export const perUpload = {
	originalGb: 0.0025,
	derivedGb: 0.0004,
	/** The upload, and a client that asks whether it is ready. */
	apiRequests: 5,
	/** Send, receive and delete at each stage. */
	sqsRequests: 3 * stageNames.length,
	/** S3's own, and one of each stage. */
	events: 1 + stageNames.length,
	s3Puts: 3,
	s3Gets: 4,
	logGb: 0.000008,
	/** An image of 1568 px, the instructions and the schema; and a description with the text it holds. */
	visionTokens: { input: 3_500, output: 900 },
	embeddingTokens: 600,
} as const;

/** The use by one user in a month, beside uploads. */
export const perUser = {
	apiRequests: 300,
	searches: 60,
	/** Pictures and answers. */
	dataOutGb: 0.05,
	s3Gets: 300,
	embeddingTokensPerSearch: 12,
	/** Of a search with an answer: ten items with their descriptions, and five sentences. */
	answerTokens: { input: 3_000, output: 200 },
	chatTurns: 20,
	/** One that asks for a search, and one that answers. */
	callsPerTurn: 2,
	/** The window of the conversation, the tools, and what they found. */
	chatTokens: { input: 4_000, output: 200 },
	/** Capacity units of the table for a turn: `make bench-chat` counts 26 requests and 43 KB for one with a search. */
	tableWritesPerTurn: 43,
	tableReadsPerTurn: 20,
	logGbPerRequest: 0.0000015,
	secondsPerApiRequest: 0.12,
} as const;

/** The use of an environment without users. */
export const idle = {
	/** Every five minutes. */
	sweeps: 12 * 730,
	secondsPerSweep: 0.5,
	/** Once an hour. */
	sessionCounts: 730,
	secondsPerSessionCount: 0.5,
	tableReadsPerSessionCount: 2,
	logGbPerSweep: 0.000001,
	/** Lambda asks each queue with five pollers that wait 20 seconds, message or not. */
	receivesPerQueue: (5 * 3_600 * 730) / 20,
} as const;

/** Images of earlier months are stored, too: the estimate is of the end of the first year. */
export const monthsStored = 12;

/** Of all users together. */
export const apiRequests = ({ users, uploads }: Profile) =>
	users * (perUser.apiRequests + perUser.chatTurns) + uploads * perUpload.apiRequests;
