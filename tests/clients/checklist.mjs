// Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause
// Each claim of checklist.tsv has its test where it says.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { done, ok } from './tap.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const read = (name) => readFileSync(join(here, name), 'utf8');

for (const line of read('checklist.tsv').split('\n')) {
	if (line === '' || line[0] === '#')
		continue;
	const [claim, script, ...text] = line.split('\t');
	ok(read(script).includes(text.join('\t')), `${claim}: ${script}`);
}
done();
