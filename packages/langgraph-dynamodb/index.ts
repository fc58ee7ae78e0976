export * from "./s3-payloads.ts";
export * from "./saver.ts";
export * from "./sessions.ts";
