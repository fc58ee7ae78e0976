// The peers of the comparison. Their packages are installed in this folder only, so nothing else can import them.
// chromadb is the newest whose server, as npm brings it, runs with glibc 2.34 (Debian 12, Amazon Linux 2023): later
// ones need 2.39. CHROMA_URL aims the bench at any other server.
import { join } from "node:path";

export { PGVectorStore } from "@langchain/community/vectorstores/pgvector";
export { ChromaClient, type Collection as ChromaCollection } from "chromadb";

/** Runs Chroma's server. */
export const chromaProgram = join(import.meta.dirname, "node_modules/chromadb/dist/cli.mjs");
