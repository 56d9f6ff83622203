// Original file: proto/berth/v1/admin.proto


export interface RevokeTokenResponse {
}

export interface RevokeTokenResponse__Output {
}
