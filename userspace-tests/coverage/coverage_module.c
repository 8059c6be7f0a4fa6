// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Keeps what modules count that are compiled for source-based coverage, by clang
 * or by rustc, and shows it as the file that llvm-profdata reads:
 *
 *	insmod coverage_module.ko; modprobe misc_sample; modprobe -r misc_sample
 *	cat /sys/kernel/debug/coverage >misc_sample.profraw
 *
 * A program brings its counters to a file when it ends, by a runtime library. A
 * module has none, so this takes them when it goes: by an unload, or since its
 * init has failed. What is counted meanwhile is a plain increment of memory, in
 * whatever context the code runs. Modules that are still loaded are not shown.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/debugfs.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#define COVERAGE_MAGIC 0xff6c70726f667281ull /* \377lprofr\201 */
#define COVERAGE_VERSION 10 /* that of LLVM 19; its tools refuse another */
#define COVERAGE_VALUE_KINDS 2 /* the last of them; we count none */

/* What the file begins with. */
struct coverage_header {
	u64 magic;
	u64 version;
	u64 binary_ids_size;
	u64 data_count;
	u64 padding_before_counters;
	u64 counter_count;
	u64 padding_after_counters;
	u64 bitmap_size;
	u64 padding_after_bitmap;
	u64 names_size;
	u64 counters_delta;
	u64 bitmap_delta;
	u64 names_delta;
	u64 vtable_count;
	u64 vtable_names_size;
	u64 last_value_kind;
};

/* One of them describes a function: its name's hash, where its counters are. */
#define COVERAGE_DATA_SIZE 64

/* Where the parts are, while a module is loaded: coverage.lds has the names. */
struct coverage_sections {
	const u64 *counters, *counters_end;
	const char *data, *data_end;
	const char *names, *names_end;
};

static const struct {
	const char *name;
	size_t offset;
} coverage_symbols[] = {
	{ "__start___llvm_prf_cnts",
	  offsetof(struct coverage_sections, counters) },
	{ "__stop___llvm_prf_cnts",
	  offsetof(struct coverage_sections, counters_end) },
	{ "__start___llvm_prf_data", offsetof(struct coverage_sections, data) },
	{ "__stop___llvm_prf_data",
	  offsetof(struct coverage_sections, data_end) },
	{ "__start___llvm_prf_names",
	  offsetof(struct coverage_sections, names) },
	{ "__stop___llvm_prf_names",
	  offsetof(struct coverage_sections, names_end) },
};

/* A module that was loaded at least once; it stays when the module goes. */
struct coverage_record {
	struct list_head list;
	char module[MODULE_NAME_LEN];
	u64 *counters;
	size_t size;
	struct coverage_header header; /* followed by data, counters, names */
};

static LIST_HEAD(coverage_records);
static DEFINE_MUTEX(coverage_lock);
static struct dentry *coverage_file;

/* False for a module that counts nothing. */
static bool coverage_find(struct module *module, struct coverage_sections *out)
{
	struct mod_kallsyms *all;
	size_t found = 0;
	unsigned int i;
	size_t j;

	guard(rcu)();
	all = rcu_dereference(module->kallsyms);
	for (i = 0; i < all->num_symtab; i++) {
		const Elf_Sym *symbol = &all->symtab[i];
		const char *name = all->strtab + symbol->st_name;

		for (j = 0; j < ARRAY_SIZE(coverage_symbols); j++) {
			if (strcmp(name, coverage_symbols[j].name))
				continue;
			*(unsigned long *)((char *)out +
					   coverage_symbols[j].offset) =
				symbol->st_value;
			found++;
		}
	}
	return found == ARRAY_SIZE(coverage_symbols);
}

static struct coverage_record *coverage_record(const char *module)
{
	struct coverage_record *record;

	list_for_each_entry(record, &coverage_records, list)
		if (!strcmp(record->module, module))
			return record;
	return NULL;
}

/*
 * The data and the names are the same at each load of a module. What is taken
 * here must not be a point at which a sweep of failures fails anything.
 */
static struct coverage_record *
coverage_record_new(const char *module, const struct coverage_sections *from)
{
	size_t data = from->data_end - from->data;
	size_t counters = (char *)from->counters_end - (char *)from->counters;
	size_t names = from->names_end - from->names;
	size_t size = sizeof(struct coverage_header) + data + counters +
		      ALIGN(names, sizeof(u64));
	struct coverage_record *record;
	char *to;

	record = __vmalloc(offsetof(struct coverage_record, header) + size,
			   GFP_KERNEL | __GFP_ZERO | __GFP_NOFAIL);
	strscpy(record->module, module);
	record->size = size;
	record->header = (struct coverage_header){
		.magic = COVERAGE_MAGIC,
		.version = COVERAGE_VERSION,
		.data_count = data / COVERAGE_DATA_SIZE,
		.counter_count = counters / sizeof(u64),
		.names_size = names,
		.counters_delta = (char *)from->counters - from->data,
		.names_delta = (unsigned long)from->names,
		.last_value_kind = COVERAGE_VALUE_KINDS,
	};
	to = (char *)(&record->header + 1);
	memcpy(to, from->data, data);
	record->counters = (u64 *)(to + data);
	memcpy(to + data + counters, from->names, names);
	list_add_tail(&record->list, &coverage_records);
	return record;
}

static int coverage_event(struct notifier_block *block, unsigned long event,
			  void *argument)
{
	struct module *module = argument;
	struct coverage_sections sections;
	struct coverage_record *record;
	size_t i;

	if (event != MODULE_STATE_GOING || !coverage_find(module, &sections))
		return NOTIFY_OK;
	guard(mutex)(&coverage_lock);
	record = coverage_record(module->name) ?:
			 coverage_record_new(module->name, &sections);
	for (i = 0; i < record->header.counter_count; i++)
		record->counters[i] += sections.counters[i];
	return NOTIFY_OK;
}

static struct notifier_block coverage_notifier = {
	.notifier_call = coverage_event,
};

static void *coverage_start(struct seq_file *file, loff_t *position)
{
	mutex_lock(&coverage_lock);
	return seq_list_start(&coverage_records, *position);
}

static void *coverage_next(struct seq_file *file, void *at, loff_t *position)
{
	return seq_list_next(at, &coverage_records, position);
}

static void coverage_stop(struct seq_file *file, void *at)
{
	mutex_unlock(&coverage_lock);
}

static int coverage_show(struct seq_file *file, void *at)
{
	struct coverage_record *record =
		list_entry(at, struct coverage_record, list);

	/* If it does not fit, it is called again with more room. */
	seq_write(file, &record->header, record->size);
	return 0;
}

static const struct seq_operations coverage_sops = {
	.start = coverage_start,
	.next = coverage_next,
	.stop = coverage_stop,
	.show = coverage_show,
};
DEFINE_SEQ_ATTRIBUTE(coverage);

static int __init coverage_init(void)
{
	int err;

	err = register_module_notifier(&coverage_notifier);
	if (err)
		return err;
	coverage_file = debugfs_create_file("coverage", 0400, NULL, NULL,
					    &coverage_fops);
	return 0;
}
module_init(coverage_init);

static void __exit coverage_exit(void)
{
	struct coverage_record *record, *next;

	debugfs_remove(coverage_file);
	unregister_module_notifier(&coverage_notifier);
	list_for_each_entry_safe(record, next, &coverage_records, list)
		vfree(record);
}
module_exit(coverage_exit);

MODULE_DESCRIPTION("Keeps the coverage counters of modules");
MODULE_AUTHOR("kpairs");
MODULE_LICENSE("Dual MIT/GPL");
