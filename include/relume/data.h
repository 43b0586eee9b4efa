// Data sets, samplers, transforms, and the loader that turns them into batches.
#pragma once

#include "relume/data/dataloader.h"
#include "relume/data/datasets.h"
#include "relume/data/example.h"
#include "relume/data/files.h"
#include "relume/data/samplers.h"
#include "relume/data/threads.h"
#include "relume/data/transforms.h"
