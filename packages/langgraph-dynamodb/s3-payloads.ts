// The payload store on S3. It loads S3's client, which a process needs only for payloads above 350 KB.
export { s3Payloads } from "./src/s3-payloads.ts";
