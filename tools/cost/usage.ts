import { stageNames } from "#core/pipeline/stages.ts";
import type { Environment } from "#lib/environments.ts";

/** The use of an environment in a month. */
export interface Profile {
	/** Users active in the month. */
	users: number;
	/** Uploads of all users. */
	uploads: number;
	/** The providers and models that describe, embed and answer. */
	visionProvider: Environment["visionProvider"];
	embeddingProvider: Environment["embeddingProvider"];
	chatProvider: Environment["chatProvider"];
	models: Environment["models"];
	/** @default the models of `models` */
	embeddingModels?: Environment["embeddingModels"];
	/** @default none */
	openaiServer?: Environment["openaiServer"];
	chatModels: Environment["chatModels"];
}

/** The resources that one upload uses, from the pixel to the vector. Assumed from runs on one machine; measure your own. */
export const perUpload = {
	originalGb: 0.0025,
	derivedGb: 0.0004,
	/** The upload, and polls until it is ready. */
	apiRequests: 5,
	/** Send, receive and delete at each stage. */
	sqsRequests: 3 * stageNames.length,
	/** S3's event, and one of each stage. */
	events: 1 + stageNames.length,
	s3Puts: 3,
	s3Gets: 4,
	logGb: 0.000008,
	/** In: an image of 1568 px, instructions and schema. Out: a description with the image's text. */
	visionTokens: { input: 3_500, output: 900 },
	embeddingTokens: 600,
	/** To webhooks, of which few people have one. */
	deliveries: 0.1,
	secondsPerDelivery: 0.5,
} as const;

/** The resources that one user uses in a month, beside uploads. */
export const perUser = {
	apiRequests: 300,
	searches: 60,
	/** Pictures and answers. */
	dataOutGb: 0.05,
	s3Gets: 300,
	embeddingTokensPerSearch: 12,
	/** In: ten items with their descriptions. Out: an answer of five sentences. */
	answerTokens: { input: 3_000, output: 200 },
	chatTurns: 20,
	/** Of jobs: changes of hundreds of items. */
	jobSlices: 5,
	secondsPerJobSlice: 5,
	/** One call requests a search, one answers. */
	callsPerTurn: 2,
	/** The recent conversation, the tools, and their results. */
	chatTokens: { input: 4_000, output: 200 },
	/** Capacity units of the table for a turn: `make bench-chat` counts 26 requests and 43 KB for one with a search. */
	tableWritesPerTurn: 43,
	tableReadsPerTurn: 20,
	/** Of the searches and turns, those of the web app and other programs that show answers as they come. */
	streamedAnswers: 40,
	/** Lambda bills the wait for the model. */
	secondsPerStream: 4,
	logGbPerRequest: 0.0000015,
	secondsPerApiRequest: 0.12,
} as const;

/** Capacity units of the table for the limits of a request: one write takes it from its bucket, another frees a slot. */
export const tableWritesPerRequest = 1.2;

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
	/** Lambda polls each queue with five pollers that wait 20 seconds, even if it is empty. */
	receivesPerQueue: (5 * 3_600 * 730) / 20,
} as const;

/** Months of images in storage: the estimate is for the end of the first year. */
export const monthsStored = 12;

/** Returns the API requests of all users, streamed or not. */
export const apiRequests = ({ users, uploads }: Profile) =>
	users * (perUser.apiRequests + perUser.chatTurns) + uploads * perUpload.apiRequests;
