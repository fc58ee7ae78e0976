export { apiEnv as streamEnv } from "../api/env.ts";
