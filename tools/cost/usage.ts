import type { Environment } from "#lib/environments.ts";

/** How much an environment is used in a month. */
export interface Profile {
	/** Active in the month. */
	users: number;
	/** Of all users together. */
	uploads: number;
	/** Who describes, embeds and answers, by which models. */
	visionProvider: Environment["visionProvider"];
	embeddingProvider: Environment["embeddingProvider"];
	chatProvider: Environment["chatProvider"];
	models: Environment["models"];
	chatModels: Environment["chatModels"];
}

/** What one upload takes, from the pixel to the vector. Assumed from runs on one machine; measure your own. */
export const perUpload = {
	originalGb: 0.0025,
	derivedGb: 0.0004,
	/** The upload, and a client that asks whether it is ready. */
	apiRequests: 5,
	/** Send, receive and delete at each of three stages. */
	sqsRequests: 9,
	/** S3's, and one a stage. */
	events: 4,
	s3Puts: 3,
	s3Gets: 4,
	logGb: 0.000008,
	/** Seconds for which each function is billed. A provider takes longer to look at an image than the machine. */
	seconds: {
		ImageProcessor: 1,
		Analyzer: { offline: 3, provider: 15 },
		Embedder: 0.7,
	},
	/** An image of 1568 px, the instructions and the schema; and a description with the text it holds. */
	visionTokens: { input: 3_500, output: 900 },
	embeddingTokens: 600,
} as const;

/** What one user does in a month beside uploading. */
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
	/** Units of the table that a turn takes: `make bench-chat` counts 26 requests and 43 KB for one with a search. */
	tableWritesPerTurn: 43,
	tableReadsPerTurn: 20,
	logGbPerRequest: 0.0000015,
	secondsPerApiRequest: 0.12,
} as const;

/** What happens where nobody comes. */
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
	users * (perUser.apiRequests + perUser.chatTurns) +
	uploads * perUpload.apiRequests;
