// The model travels inside the program: an installed binary is copied to wherever its user likes, and a resource bundle
// beside it would be left behind.
#include "CPocketModel.h"

// #embed is C23; before that standard's name is a default, compilers take it as an extension and say so.
#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char model_index[] = {
#embed "pocket/model_index.json"
};
static const unsigned char styles[] = {
#embed "pocket/styles.json"
};
static const unsigned char scheduler_config[] = {
#embed "pocket/scheduler/scheduler_config.json"
};
static const unsigned char text_encoder_config[] = {
#embed "pocket/text_encoder/config.json"
};
static const unsigned char text_encoder_weights[] = {
#embed "pocket/text_encoder/model.safetensors"
};
static const unsigned char tokenizer_vocab[] = {
#embed "pocket/tokenizer/vocab.json"
};
static const unsigned char tokenizer_merges[] = {
#embed "pocket/tokenizer/merges.txt"
};
static const unsigned char tokenizer_config[] = {
#embed "pocket/tokenizer/tokenizer_config.json"
};
static const unsigned char tokenizer_special_tokens[] = {
#embed "pocket/tokenizer/special_tokens_map.json"
};
static const unsigned char unet_config[] = {
#embed "pocket/unet/config.json"
};
static const unsigned char unet_weights[] = {
#embed "pocket/unet/diffusion_pytorch_model.safetensors"
};
static const unsigned char vae_config[] = {
#embed "pocket/vae/config.json"
};
static const unsigned char vae_weights[] = {
#embed "pocket/vae/diffusion_pytorch_model.safetensors"
};

#define FILE(path, array) {path, array, sizeof array}

static const struct pocket_file files[] = {
    FILE("model_index.json", model_index),
    FILE("styles.json", styles),
    FILE("scheduler/scheduler_config.json", scheduler_config),
    FILE("text_encoder/config.json", text_encoder_config),
    FILE("text_encoder/model.safetensors", text_encoder_weights),
    FILE("tokenizer/vocab.json", tokenizer_vocab),
    FILE("tokenizer/merges.txt", tokenizer_merges),
    FILE("tokenizer/tokenizer_config.json", tokenizer_config),
    FILE("tokenizer/special_tokens_map.json", tokenizer_special_tokens),
    FILE("unet/config.json", unet_config),
    FILE("unet/diffusion_pytorch_model.safetensors", unet_weights),
    FILE("vae/config.json", vae_config),
    FILE("vae/diffusion_pytorch_model.safetensors", vae_weights),
    {0, 0, 0},
};

const struct pocket_file *pocket_files(void) { return files; }
