import { createMemberCheck, readArchiveBatches } from '../archive/index.ts';
import type { ByteSource } from '../bytes/source.ts';
import type { FileSink } from '../ports/file-sink.ts';
import type { OperationOptions } from '../ports/operation.ts';
import { reported } from '../ports/report.ts';
import { checkOptions, operationKeys } from './check-options.ts';
import { packLimits, type PackLimits } from './limits.ts';
import { tappedSource } from './tap-source.ts';
