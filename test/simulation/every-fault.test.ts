import { everyFault } from "./every-fault.ts";
import { Simulator } from "./simulator.ts";

everyFault(() => new Simulator());
