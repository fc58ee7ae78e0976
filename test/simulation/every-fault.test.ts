import { everyFault } from "./every-fault.ts";
import { World } from "./world.ts";

everyFault(() => new World());
