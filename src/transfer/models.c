#include "transfer/models.h"

void fa_models_fini(struct fa_models *models)
{
    for (unsigned i = 0; i < FA_MODELS_MAX; ++i)
        curl_easy_cleanup(models->kept[i].easy);
    *models = (struct fa_models){0};
}

CURL *fa_models_find(const struct fa_models *models, const struct fa_settings *settings)
{
    for (unsigned i = 0; i < FA_MODELS_MAX; ++i)
        if (models->kept[i].settings == settings)
            return models->kept[i].easy;
    return NULL;
}

void fa_models_put(struct fa_models *models, const struct fa_settings *settings, CURL *easy)
{
    struct fa_model *model = &models->kept[models->next];
    models->next = (models->next + 1) % FA_MODELS_MAX;
    curl_easy_cleanup(model->easy);
    *model = (struct fa_model){.settings = settings, .easy = easy};
}
