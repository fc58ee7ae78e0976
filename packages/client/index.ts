export type { components, operations, paths } from "./src/api-types.ts";
export {
	type ChatRequest,
	type ClientOptions,
	CollectionsClient,
	type CompactItem,
	type Item,
	type ItemFilter,
	type SearchAnswer,
	type SearchRequest,
} from "./src/client.ts";
export { ApiProblem, type Problem } from "./src/problem.ts";
export { type SendOptions, TimedOut } from "./src/send.ts";
export {
	type CognitoSession,
	fixedToken,
	type Pool,
	resumeSession,
	revokeSession,
	type Session,
	SignInRefused,
	signIn,
} from "./src/session.ts";
export { type ChatEvent, type SearchEvent, StreamCut, type StreamEvent } from "./src/streams.ts";
export { isPictureName, maxPictureBytes, type PictureFile, type Uploaded, type UploadListener } from "./src/uploads.ts";
