export { type Apis, startApis } from "./apis.ts";
export { startTestStacks, type TestApp, testFunction } from "./test-stacks.ts";
export { userPoolOptions } from "./user-pool-options.ts";
